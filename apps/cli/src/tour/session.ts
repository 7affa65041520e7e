import { join } from 'node:path';
import {
  attach,
  createSessionsClient,
  type OpenSocket,
  type SessionsClient,
  type View,
} from '@hawser/k8s-sessions/client';
import { nodeSockets } from '@hawser/k8s-sessions/client/node';
import { serveLocal } from '@hawser/k8s-sessions/local';
import { isOver } from '@hawser/k8s-sessions/protocol';
import type { Act, TourGround } from './act.js';
import { sha256, shortened } from './digest.js';

/** Close code of a connection that broke (RFC 6455 §7.4.1). */
const abnormal = 1006;

/** A terminal that outlives its connections: cut, taken up again, and attached to from elsewhere. */
export const session: Act = {
  id: 'session',
  title: 'A terminal that outlives its connections',
  async play(ground) {
    const { client, url } = await openService(ground);
    const { sessionId: id, token: ticket } = await client.create(
      { command: 'exec sh', size: { cols: 80, rows: 24 } },
      { signal: ground.signal },
    );
    ground.after(() => endSession(client, id));
    const first = await look({ url, session: id, ticket }, ground);
    first.view.type('number=41\necho "first-$((number + 1))"\n');
    await first.shows('first-42');
    first.cut();
    // Typed while nobody is connected.
    first.view.type('echo "second-$((number + 2))"\n');
    await first.shows('second-43');
    const seen = first.seen();
    if (seen.split('second-43').length !== 2) throw new Error('what was typed while it was cut was run twice');
    first.view.close();

    const { token } = await client.share(id, { role: 'control', signal: ground.signal });
    const again = await look({ url, session: id, ticket: token }, ground);
    await again.shows('second-43');
    const digests = [seen, again.seen().slice(0, seen.length)].map(sha256);
    if (digests[0] !== digests[1]) throw new Error(`the second look shows something else: ${digests.join(', ')}`);
    const page = await showPage(client, { url, id }, ground);
    const code = await leave(client, id, again.view, ground);
    return [
      `A shell ran in a terminal of its own; its page is ${page}`,
      'Its connection was cut; what was typed meanwhile ran once, in the same shell, as soon as it was back',
      `Attached to again, it showed the same from its first byte: sha256 ${shortened(digests[0] ?? '')}`,
      code === undefined ? 'It was left in the browser' : `It ended with the exit code of the shell, ${code}`,
    ];
  },
};

/** Ends a session, unless it is over. */
async function endSession(client: SessionsClient, id: string): Promise<void> {
  if (isOver((await client.get(id)).state)) return;
  await client.stop(id, { graceSeconds: 0 });
  await client.wait(id);
}

interface Place {
  readonly url: string;
  readonly session: string;
  readonly ticket: string;
}

async function openService({
  after,
  env,
  folder,
  root,
  version,
}: TourGround): Promise<{ readonly client: SessionsClient; readonly url: string }> {
  const service = await serveLocal({
    folder: join(folder, 'sessions'),
    runnerProgram: [process.execPath, join(root, 'dist/lib/sessions-runner.js')],
    pageFolder: join(root, 'dist/page'),
    env,
    version,
    port: 0,
    isolation: 'process',
    warmRunners: 0,
  });
  after(() => service.close());
  const { url, apiKey } = service;
  return { client: createSessionsClient({ url, apiKey }), url };
}

interface Look {
  readonly view: View;
  /** Settles once the terminal has printed this. */
  shows(text: string): Promise<void>;
  /** All that it has printed. */
  seen(): string;
  /** Breaks the connection, as a network does. */
  cut(): void;
}

async function look(place: Place, { after, signal }: TourGround): Promise<Look> {
  let printed = '';
  let check = (): void => {};
  const sockets = cuttable();
  const view = await attach({
    ...place,
    size: { cols: 80, rows: 24 },
    whole: true,
    signal,
    openSocket: sockets.open,
    onOutput(data) {
      printed += Buffer.from(data).toString('latin1');
      check();
    },
  });
  after(() => view.close());
  return {
    view,
    seen: () => printed,
    cut: sockets.cut,
    async shows(text) {
      const shown = new Promise<void>((resolve) => {
        check = () => (printed.includes(text) ? resolve() : undefined);
        check();
      });
      const end = await Promise.race([shown, view.ended]);
      if (end) throw new Error(`the session ended (${end.reason}) before it showed ${text}`);
    },
  };
}

/** Sockets of which the last can be broken. */
function cuttable(): { readonly open: OpenSocket; readonly cut: () => void } {
  const real = nodeSockets();
  let cut = (): void => {};
  return {
    cut: () => cut(),
    open(target, handlers) {
      const socket = real(target, handlers);
      cut = () => {
        socket.close();
        handlers.onClose(abnormal, 'cut by the tour');
      };
      return socket;
    },
  };
}

/** The address of the terminal page, which must be there; opened in a browser when that is wanted. */
async function showPage(
  client: SessionsClient,
  { url, id }: { readonly url: string; readonly id: string },
  { open, say, show, signal }: TourGround,
): Promise<string> {
  const page = `${url}/ws/${id}`;
  const answer = await fetch(page, { signal });
  const html = await answer.text();
  if (!answer.ok || !html.includes('<html')) throw new Error(`${page} answers ${answer.status}`);
  if (!open) return page;
  const { token } = await client.share(id, { role: 'control', signal });
  const { openBrowser } = await import('./open-browser.js');
  const link = `${page}#t=${token}`;
  show(token);
  const isOpened = await openBrowser(link);
  say(`  ${isOpened ? 'Opened' : 'No browser could be opened; open this yourself:'} ${link}`);
  say('  The keyboard is yours there. Type exit to go on with the tour; Ctrl-C here ends it.');
  return page;
}

/** Exit code of the shell, told to end; undefined when the person ended it. */
async function leave(
  client: SessionsClient,
  id: string,
  view: View,
  { open, signal }: TourGround,
): Promise<number | undefined> {
  if (open) {
    view.lease('release');
    await client.wait(id, { signal });
    return undefined;
  }
  view.type('exit 5\n');
  const { exit } = await client.wait(id, { signal });
  if (exit?.code !== 5) throw new Error(`the shell ended with ${JSON.stringify(exit)}`);
  return exit.code;
}
