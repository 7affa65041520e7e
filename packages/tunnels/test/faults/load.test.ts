import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { scale } from '../../../../test/support/scale.js';
import { Front } from '../../src/listener/front.js';
import { bind } from '../../src/listener/bind.js';
import type { LinkFailure } from '../../src/link/failure.js';
import { LinkKeeper } from '../../src/link/keeper.js';
import type { Link } from '../../src/providers/provider.js';
import { inForeground } from '../support/foreground.js';
import { Echo, Project, spec } from '../support/project.js';

test('many connections at once each get their own bytes, and all are counted', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  await using foreground = await inForeground(project);
  const via = { kind: 'ssh-bastion', host: project.far } as const;
  const [tunnel] = await foreground.client.up([spec({ to: echo.target, via })]);
  const count = scale(60, 500);
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(tunnel!.local.port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  for (let open = 0; open < count;) open = (await foreground.client.status()).tunnels[0]!.connections.open;
  await Promise.all(
    sockets.map(async (socket) => {
      const sent = randomBytes(20_000);
      const heard: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => heard.push(chunk));
      const closed = once(socket, 'close');
      socket.end(sent);
      await closed;
      expect(Buffer.concat(heard).equals(sent)).toBe(true);
    }),
  );
  for (let open = count; open > 0;) open = (await foreground.client.status()).tunnels[0]!.connections.open;
  const { connections, bytes } = (await foreground.client.status()).tunnels[0]!;
  expect(connections).toMatchObject({ total: count, refused: 0, held: 0 });
  expect(bytes).toEqual({ in: count * 20_000, out: count * 20_000 });
});

/** Seconds of six hours. */
const SIX_HOURS = 21_600;
/** What may come and go between two looks at the memory without being a leak, in bytes. */
const NOISE = 3 << 20;

test('six hours in which the link breaks every second, with a connection each time: memory stays flat', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let nowMs = 0;
  let cut: ((failure: LinkFailure | undefined) => void) | undefined;
  const open = async (): Promise<Link> => {
    let end: (failure: LinkFailure | undefined) => void;
    const ended = new Promise<LinkFailure | undefined>((resolve) => {
      end = resolve;
    });
    cut = (failure) => end(failure);
    const close = async (): Promise<void> => end(undefined);
    const dial = async (): Promise<PassThrough> => new PassThrough();
    return { ended, pids: [], dial, check: async () => undefined, close, [Symbol.asyncDispose]: close };
  };
  const keeper = new LinkKeeper({
    via: { kind: 'direct' },
    targets: () => [],
    provider: async () => ({ kind: 'direct', open, describe: () => ({ commands: [], summary: '' }) }),
    newDirectory: async () => '/nonexistent/hawser',
    children: { add: async () => undefined, forget: async () => undefined },
    onChange: () => undefined,
    onDebug: () => undefined,
    nowMs: () => nowMs,
    random: () => 0,
  });
  const front = new Front({ keeper, target: { host: 'h', port: 1 }, holdMs: 60_000, onConnection: () => undefined });
  const bound = await bind({ host: '127.0.0.1', port: 0 }, front.take);
  const turn = async (): Promise<void> => {
    nowMs += 1_000;
    const socket = connect(bound.port, '127.0.0.1');
    const heard = once(socket, 'data');
    socket.write('still there?');
    expect(String((await heard)[0])).toBe('still there?');
    socket.end();
    await once(socket, 'close');
    cut!({ cause: 'killed', message: 'cut', hint: '', permanent: false });
  };
  const heapAfter = async (turns: number): Promise<number> => {
    for (let done = 0; done < turns; done++) await turn();
    collect();
    return process.memoryUsage().heapUsed;
  };
  const turns = scale(300, SIX_HOURS);
  const early = await heapAfter(turns / 3);
  const late = await heapAfter((turns / 3) * 2);
  expect(late - early).toBeLessThan(NOISE);
  expect(keeper.view.connects).toBeGreaterThanOrEqual(turns);
  expect(front.counts).toEqual({ open: 0, held: 0, total: turns, refused: 0 });
  await bound.close();
  await front.close(0);
  await keeper.stop();
});
