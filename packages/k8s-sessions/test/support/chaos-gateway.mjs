// A gateway of its own beside a service of local mode, so that each can be killed alone. Arguments: folder, page folder,
// port. SIGUSR2 cuts its connections to runners. Says one line when it is ready.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createGateway, serveGateway } from '@hawser/k8s-sessions/gateway';
import { openStore, storedLog } from '@hawser/k8s-sessions/store';
import { openTickets } from '@hawser/k8s-sessions/tickets';

const [folder, pageFolder, port] = process.argv.slice(2);
const store = await openStore({ file: join(folder, 'sessions.db') });
const runners = new Set();
const gateway = createGateway({
  store,
  tickets: openTickets({ store, issuer: 'hawser-sessions-local', nowMs: Date.now }),
  log: (session) => storedLog(store, session),
  pageFolder,
  clock: { nowMs: Date.now, wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  connect: async ({ host, port: at }) => {
    const socket = connect({ host, port: at, noDelay: true });
    await once(socket, 'connect');
    runners.add(socket);
    socket.once('close', () => runners.delete(socket));
    return socket;
  },
});
const served = await serveGateway({ gateway, port: Number(port) });
process.on('SIGUSR2', () => {
  for (const socket of runners) socket.resetAndDestroy();
});
process.stdout.write(`${served.url}\n`);
