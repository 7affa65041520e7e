import { SessionsError } from '@hawser/k8s-sessions';
import { migrate, migrationStatus, openStore, rollback } from '@hawser/k8s-sessions/store';
import { databaseUrl } from './database.js';
import { ending, log, told } from './process.js';
import { Settings } from './settings.js';

const usage = 'Usage: hawser-sessions migrate latest [--wait] | rollback | status\n';

/** Brings the schema to this release's, takes the last batch back, or says where it stands. */
export async function runMigrations([verb = '', ...rest]: readonly string[]): Promise<number> {
  const wait = rest.includes('--wait');
  if (!['latest', 'rollback', 'status'].includes(verb) || rest.some((word) => word !== '--wait')) {
    process.stderr.write(usage);
    return 2;
  }
  const settings = new Settings(process.env);
  const url = databaseUrl(settings);
  settings.check();
  if (wait) await untilThere(url);
  if (verb === 'status') {
    const { applied, pending } = await migrationStatus({ url });
    for (const name of applied) process.stdout.write(`applied ${name}\n`);
    for (const name of pending) process.stdout.write(`pending ${name}\n`);
    return pending.length === 0 ? 0 : 1;
  }
  const names = verb === 'latest' ? (await migrate({ url })).applied : (await rollback({ url })).rolledBack;
  for (const name of names) process.stdout.write(`${verb === 'latest' ? 'applied' : 'taken back'} ${name}\n`);
  if (names.length === 0) process.stderr.write('Nothing to do.\n');
  return 0;
}

/** A database that starts beside this one, or whose proxy does, gets two minutes. */
async function untilThere(url: string): Promise<void> {
  const signal = AbortSignal.any([ending(), AbortSignal.timeout(120_000)]);
  const store = await openStore({ url, maxConnections: 1 });
  try {
    for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 5000)) {
      try {
        return await store.ping();
      } catch (error) {
        const isAway = error instanceof SessionsError && error.code === 'HAWSER_SESSIONS_STORE_UNAVAILABLE';
        if (!isAway || signal.aborted) throw error;
        log({ level: 'info', event: 'waiting for the database', why: told(error) });
        await pause(pauseMs, signal);
      }
    }
  } finally {
    await store.close();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
