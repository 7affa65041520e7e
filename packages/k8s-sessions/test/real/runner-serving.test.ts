import { request } from 'node:http';
import { once } from 'node:events';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { encodeTtydClientMessage, decodeTtydServerMessage } from '../../src/protocol/index.js';
import { debugPassword, dialRunner, fetchRunner } from '../../src/runner/index.js';
import { assignmentOf } from '../support/memory-control.js';
import { startRunner, type StartedRunner } from '../support/started-runner.js';

let runner: StartedRunner;
beforeAll(async () => {
  runner = await startRunner(
    assignmentOf({ command: 'stty -echo; echo go; while read -r line; do echo "<$line>"; done' }),
  );
  const viewer = await runner.view();
  await viewer.shows('go');
  viewer.send({ type: 'lease', action: 'release' });
  viewer.cut();
});
afterAll(async () => runner[Symbol.asyncDispose]());

async function status(path: string, headers: Record<string, string> = {}): Promise<number> {
  const asked = request({ ...runner.address, path, headers }).end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

const basic = (password: string): string => `Basic ${Buffer.from(`runner:${password}`).toString('base64')}`;

describe("a runner's port", () => {
  test('shows nothing to whoever has neither token nor password', async () => {
    const token = runner.token();
    expect(await status('/healthz')).toBe(200);
    expect(await status('/')).toBe(401);
    expect(await status('/', { authorization: basic('wrong') })).toBe(401);
    expect(await status('/screen', { authorization: `Dial ${runner.token().slice(0, -2)}xx` })).toBe(401);
    expect(await status('/log', { authorization: basic(debugPassword(runner.secret)) })).toBe(403);
    expect(await status('/log', { authorization: `Dial ${token}` })).toBe(200);
    // Each token opens one door.
    expect(await status('/log', { authorization: `Dial ${token}` })).toBe(401);
  });

  test('proves itself to whoever dials, and is left at once when it cannot', async () => {
    const { socket } = await dialRunner(runner.dial());
    socket.destroy();
    const answer = await fetchRunner(runner.dial(), '/screen?format=text');
    expect(answer.status).toBe(200);
    await answer.body?.cancel();
    for (const foreign of [{ epoch: 'another' }, { key: Buffer.alloc(32) }]) {
      await expect(dialRunner({ ...runner.dial(), ...foreign })).rejects.toMatchObject({
        code: 'HAWSER_SESSIONS_RUNNER_FOREIGN',
      });
      await expect(fetchRunner({ ...runner.dial(), ...foreign }, '/log')).rejects.toMatchObject({
        code: 'HAWSER_SESSIONS_RUNNER_FOREIGN',
      });
    }
    await expect(dialRunner({ ...runner.dial(), address: { host: '127.0.0.1', port: 1 } })).rejects.toMatchObject({
      code: 'HAWSER_SESSIONS_RUNNER_UNREACHABLE',
    });
  });

  test('speaks the protocol of ttyd with a stock client', async () => {
    const password = debugPassword(runner.secret);
    const page = await fetch(`http://127.0.0.1:${runner.address.port}/`, {
      headers: { authorization: basic(password) },
    });
    expect(await page.text()).toContain('<pre id="out"');
    const answer = await fetch(`http://127.0.0.1:${runner.address.port}/token`, {
      headers: { authorization: basic(password) },
    });
    const { token } = (await answer.json()) as { token: string };

    const ws = new WebSocket(`ws://127.0.0.1:${runner.address.port}/ws`, ['tty'], {
      headers: { authorization: basic(password) },
    });
    const messages: ReturnType<typeof decodeTtydServerMessage>[] = [];
    const shown = (): string =>
      messages.map((message) => (message.type === 'output' ? Buffer.from(message.data).toString() : '')).join('');
    const shows = async (text: string): Promise<void> => {
      while (!shown().includes(text)) await once(ws, 'message');
    };
    ws.on('message', (data: Buffer) => messages.push(decodeTtydServerMessage(data)));
    await once(ws, 'open');
    expect(ws.protocol).toBe('tty');
    ws.send(encodeTtydClientMessage({ type: 'open', authToken: token, size: { cols: 90, rows: 25 } }));
    ws.send(encodeTtydClientMessage({ type: 'input', data: Buffer.from('stock\r') }));
    await shows('<stock>');
    expect(messages.slice(0, 2).map(({ type }) => type)).toEqual(['title', 'preferences']);
    ws.send(encodeTtydClientMessage({ type: 'resize', size: { cols: 70, rows: 20 } }));
    ws.close();
    await once(ws, 'close');
    const wrong = new WebSocket(`ws://127.0.0.1:${runner.address.port}/ws`, ['tty'], {
      headers: { authorization: basic(password) },
    });
    await once(wrong, 'open');
    wrong.send(encodeTtydClientMessage({ type: 'open', authToken: 'wrong', size: null }));
    expect((await once(wrong, 'close'))[0]).toBe(1008);
  });

  test('lines before what a viewer shows are given by number', async () => {
    const viewer = await runner.view({ viewer: 'reader', role: 'view' });
    await viewer.frame('ready');
    viewer.send({ type: 'history', id: 7, from: 0, to: 1 });
    const { id, firstLine, lines, total } = await viewer.frame('history');
    expect({ id, firstLine, lines }).toEqual({ id: 7, firstLine: 0, lines: ['go'] });
    expect(total).toBeGreaterThanOrEqual(1);
    viewer.cut();
  });

  test('programs type, wait for what comes of it, and read the screen', async () => {
    const post = async (path: string, body: object, as: Parameters<StartedRunner['dial']>[0] = {}): Promise<Response> =>
      fetchRunner(runner.dial(as), path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const typed = await post('/input', { text: 'by a program\r' });
    expect(typed.status).toBe(202);
    const { head } = (await typed.json()) as { head: number };
    const waited = await fetchRunner(runner.dial(), `/wait?pattern=${encodeURIComponent('<by a .*>')}&timeout=30`);
    expect(await waited.json()).toMatchObject({ found: true });
    expect(head).toBeGreaterThan(0);
    const screen = await fetchRunner(runner.dial({ role: 'view' }), '/screen');
    expect(JSON.stringify(await screen.json())).toContain('<by a program>');
    const log = await fetchRunner(runner.dial({ role: 'view' }), '/log?format=raw');
    expect(await log.text()).toContain('<by a program>');
    const found = await fetchRunner(runner.dial({ role: 'view' }), '/search?q=program');
    expect(JSON.stringify(await found.json())).toContain('by a program');

    expect((await post('/resize', { cols: 66, rows: 22 })).status).toBe(202);
    const viewer = await runner.view({ viewer: 'person' }, { visible: false });
    expect((await viewer.frame('hello')).hello.size).toEqual({ cols: 66, rows: 22 });
    // Somebody who is here has the keyboard: a program has to take it.
    viewer.send({ type: 'lease', action: 'take' });
    await viewer.frame('lease', ({ mine }) => mine);
    const refused = await post('/input', { text: 'no\r' });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([403, 'not_control']);
    expect((await post('/input', { text: 'yes\r', take: true })).status).toBe(202);
    await viewer.frame('lease', ({ mine, holder }) => !mine && holder === 'v1');
    viewer.cut();

    const wrong = [
      [{ text: 5 }, '/input'],
      [{ signal: 'rm -rf' }, '/signal'],
      [{ cols: 0, rows: 5 }, '/resize'],
    ] as const;
    for (const [body, path] of wrong) expect((await post(path, body)).status).toBe(400);
    expect((await post('/input', { text: 'x' }, { role: 'view' })).status).toBe(403);
    expect((await fetchRunner(runner.dial(), '/nothing')).status).toBe(404);
  });

  test('files go in and out of the folder of the session, and nowhere else', async () => {
    const ask = async (method: string, path: string, body?: Uint8Array): Promise<Response> =>
      fetchRunner(runner.dial(), `/files/${path}`, { method, ...(body ? { body: Uint8Array.from(body) } : {}) });
    const data = Buffer.alloc(300_000, 'file ');
    expect((await ask('PUT', 'a/b%20c.bin', data)).status).toBe(201);
    expect((await ask('PUT', 'a/b%20c.bin', data)).status).toBe(204);
    expect(data.equals(await readFile(join(runner.folder, 'work', 'a', 'b c.bin')))).toBe(true);
    const got = await ask('GET', 'a/b%20c.bin');
    expect(data.equals(Buffer.from(await got.arrayBuffer()))).toBe(true);
    expect((await ask('HEAD', 'a/b%20c.bin')).headers.get('content-length')).toBe('300000');
    expect(await (await ask('GET', 'a')).json()).toEqual({
      entries: [{ name: 'b c.bin', type: 'file', size: 300_000 }],
    });

    await symlink('/etc', join(runner.folder, 'work', 'out'));
    await writeFile(join(runner.folder, 'secret'), 'planted');
    for (const path of ['..%2Fsecret', 'out/passwd', 'a/..%2F..%2Fsecret', 'a%00b', '%2Fetc%2Fpasswd'])
      expect([path, (await ask('GET', path)).status]).toEqual([path, 404]);
    expect((await ask('PUT', 'out/planted', data)).status).toBe(404);
    expect((await ask('DELETE', 'a')).status).toBe(400);
    expect((await ask('DELETE', 'a/b%20c.bin')).status).toBe(204);
    expect((await ask('DELETE', 'a')).status).toBe(204);
    expect((await ask('GET', 'a')).status).toBe(404);
    const looker = await fetchRunner(runner.dial({ role: 'view' }), '/files/');
    expect(looker.status).toBe(403);
  });
});
