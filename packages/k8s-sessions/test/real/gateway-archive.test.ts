import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SessionRow } from '../../src/store/types.js';
import { FrameViewer, openGatewayWorld, type GatewayWorld } from '../support/gateway-world.js';
import { feed, numberedLines, openTestLog, removeTestFolders } from '../support/log.js';

/** Two segments and more: beyond the credit of one viewer. */
const lines = 3_000;

let world: GatewayWorld;
let row: SessionRow;
let bytes: Buffer;
let grant: string;

beforeAll(async () => {
  world = await openGatewayWorld();
  const log = await openTestLog();
  bytes = Buffer.from(numberedLines(lines));
  await feed(log.writer, bytes);
  const { offset, digest, chain, segments } = await log.writer.close();
  const exit = { reason: 'nonzero', code: 3, signal: null, offset, digest } as const;
  const { epoch } = await log.writer.source.info();
  row = await world.session({
    state: 'archived',
    exit,
    reason: 'nonzero',
    runnerEpoch: epoch,
    logHead: offset,
    logChain: chain,
    logLines: lines,
  });
  for (let n = 0; n < segments; n++) {
    const segment = await log.writer.source.segment(n);
    await world.store.putSegment(row.id, segment!);
  }
  const keyframe = await log.writer.source.keyframe(offset);
  await world.store.putKeyframe(row.id, keyframe!);
  grant = await world.grant(row.id, 'view');
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await removeTestFolders();
});

const opened = (): Promise<FrameViewer> =>
  new FrameViewer(world.url, row.id, { authorization: `Grant ${grant}` }).opened();

/** A program that asks for everything, and takes it in as it comes. */
async function acknowledging(): Promise<FrameViewer> {
  const program = await opened();
  program.socket.on('message', () => {
    const last = program.frames.at(-1);
    if (last?.type === 'out') program.send({ type: 'ack', offset: last.offset + last.data.length });
  });
  program.send({ type: 'attach', since: null, size: null, visible: false, want: 'view', whole: true });
  return program;
}

describe('a session that is over', () => {
  test('is the whole log for a program, and the last screen for a person, with its end', async () => {
    const program = await acknowledging();
    const { exit } = await program.frame('exit');
    const out = Buffer.concat(program.frames.flatMap((frame) => (frame.type === 'out' ? [frame.data] : [])));
    expect(createHash('sha256').update(out).digest('hex')).toBe(exit.digest);
    expect(program.frames[0]).toMatchObject({
      type: 'hello',
      hello: { archived: true, head: bytes.length, lines: lines },
    });

    const person = await opened();
    person.send({ type: 'attach', since: null, size: { cols: 80, rows: 24 }, visible: true, want: 'view' });
    expect((await person.frame('exit')).exit).toMatchObject({ reason: 'nonzero', code: 3 });
    expect(person.frames.map(({ type }) => type)).toEqual(['hello', 'snapshot', 'ready', 'exit']);
    const sent = person.frames.reduce((sum, frame) => sum + ('data' in frame ? frame.data.length : 0), 0);
    expect(sent).toBeLessThan(150_000);

    // Whoever holds almost all of it gets the rest alone.
    const { epoch } = (await person.frame('hello')).hello;
    const back = await opened();
    back.send({ type: 'attach', since: `${epoch}:${bytes.length - 10}`, size: null, visible: true, want: 'view' });
    await back.frame('exit');
    const rest = back.frames.flatMap((frame) => (frame.type === 'out' ? [frame] : []));
    expect(rest.map(({ offset, data }) => [offset, data.length])).toEqual([[bytes.length - 10, 10]]);

    person.send({ type: 'history', id: 4, from: 100, to: 102 });
    expect(await person.frame('history')).toMatchObject({ id: 4, firstLine: 100, total: lines });
    person.send({ type: 'ping', nonce: 9 });
    expect((await person.frame('pong')).nonce).toBe(9);
    person.send({ type: 'in', seq: 1, data: Buffer.from('too late') });
    expect((await person.frame('input-ack')).seq).toBe(1);
    // A link in the address brings its cookie along here, too.
    const { token } = await world.tickets.mint({ session: row.id, role: 'view', principal: 'owner' });
    const stepped = new FrameViewer(world.url, `${row.id}?token=${token}`, {});
    const [upgraded] = (await once(stepped.socket, 'upgrade')) as [{ headers: Record<string, string[]> }];
    expect(upgraded.headers['set-cookie']?.[0]).toMatch(/^hawser-grant=/);
    stepped.socket.terminate();
    const found = await fetch(`${world.url}/ws/${row.id}/log?format=raw`, {
      headers: { authorization: `Grant ${grant}` },
    });
    expect(Buffer.from(await found.arrayBuffer()).equals(bytes)).toBe(true);
    for (const viewer of [program, person, back]) viewer.socket.terminate();
  });

  test('is sent no faster than its viewer takes it in', async () => {
    const slow = await opened();
    slow.send({ type: 'attach', since: null, size: null, visible: false, want: 'view', whole: true });
    const taken = (): number =>
      slow.frames.reduce((sum, frame) => sum + (frame.type === 'out' ? frame.data.length : 0), 0);
    while (taken() < 1_048_576) await once(slow.socket, 'message');
    // What would still come has had time to: another viewer, who came later, gets all of it meanwhile.
    const quick = await acknowledging();
    await quick.frame('exit');
    quick.socket.terminate();
    // As much as the credit, and the chunk that began within it.
    expect(bytes.length).toBeGreaterThan(2_000_000);
    expect(taken()).toBeLessThanOrEqual(1_048_576 + 65_536);
    for (let held = taken(); held < bytes.length; held = taken()) {
      slow.send({ type: 'ack', offset: held });
      await once(slow.socket, 'message');
    }
    await slow.frame('exit');
    slow.socket.send(Buffer.from('no frame'));
    expect((await slow.closed).code).toBe(1008);
  });
});
