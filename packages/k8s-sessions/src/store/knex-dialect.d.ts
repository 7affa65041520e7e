// Knex ships no types for its dialects. This is what is used of this one.
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Knex } from 'knex';

  class BetterSqlite3Client extends Knex.Client {
    _driver(): unknown;
    transaction(container: unknown, config: unknown, outer: unknown): Knex.Transaction;
  }
  export default BetterSqlite3Client;
}
