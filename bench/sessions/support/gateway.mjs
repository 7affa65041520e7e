// A gateway in a process of its own over the store of a local mode, as a replica of a cluster is; tells its memory when
// asked by a line: node gateway.mjs FOLDER
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGateway, serveGateway } from '../../../packages/k8s-sessions/dist/gateway/index.js';
import { openStore, storedLog } from '../../../packages/k8s-sessions/dist/store/index.js';
import { openTickets } from '../../../packages/k8s-sessions/dist/tickets/index.js';
import { systemClock } from './clock.mjs';

const store = await openStore({ file: `${process.argv[2]}/sessions.db` });
const gateway = createGateway({
  store,
  tickets: openTickets({ store, issuer: 'hawser-sessions-local', nowMs: Date.now }),
  log: (session) => storedLog(store, session),
  pageFolder: fileURLToPath(new URL('../../../apps/sessions-web/dist', import.meta.url)),
  clock: systemClock,
});
const { url } = await serveGateway({ gateway });
process.stdout.write(`${JSON.stringify({ url })}\n`);
const lines = createInterface({ input: process.stdin });
lines.on('line', () => {
  const { user, system } = process.cpuUsage();
  globalThis.gc();
  process.stdout.write(`${JSON.stringify({ rss: process.memoryUsage().rss, cpuMs: (user + system) / 1_000 })}\n`);
});
lines.once('close', () => process.exit());
