import type { Settings } from './settings.js';

/** The database's address with the way its connections are made safe, as libpq writes it. */
export function databaseUrl(settings: Settings): string {
  const text = settings.url('DATABASE_URL', 'the address of the database, postgres://user:password@host/database');
  const ssl = settings.oneOf('DATABASE_SSL', ['disable', 'require', 'verify-full'], 'disable');
  if (text === '' || !URL.canParse(text)) return '';
  const url = new URL(text);
  if (!/^postgres(?:ql)?:$/.test(url.protocol))
    settings.problem('HAWSER_SESSIONS_DATABASE_URL is no address of PostgreSQL.');
  // What the address itself says is meant.
  if (!url.searchParams.has('sslmode')) url.searchParams.set('sslmode', ssl);
  return url.href;
}
