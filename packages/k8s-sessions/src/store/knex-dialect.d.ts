// Knex ships no types for its dialects. This is what is used of them.
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Knex } from 'knex';

  class BetterSqlite3Client extends Knex.Client {
    _driver(): unknown;
    transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction;
  }
  export default BetterSqlite3Client;
}

declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';

  class PostgresClient extends Knex.Client {
    _query(connection: unknown, query: unknown): Promise<unknown>;
  }
  export default PostgresClient;
}
