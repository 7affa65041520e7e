import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startHubEmulator, type HubEmulator } from '@hawser/emulators/hub';

let folder = '';
const started: HubEmulator[] = [];

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'hub-keep-'))));
afterEach(async () => {
  await Promise.all(started.splice(0).map((hub) => hub.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<HubEmulator> {
  const hub = await startHubEmulator({ folder: join(folder, 'hub') });
  started.push(hub);
  return hub;
}

async function ask(hub: HubEmulator, method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${hub.env['HF_TOKEN']}`, 'content-type': 'application/json' };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(hub.endpoint + path, { method, headers, ...(body === undefined ? {} : { body: text }) });
}

async function makeSpace(hub: HubEmulator, name: string): Promise<void> {
  await ask(hub, 'POST', '/api/repos/create', { type: 'space', sdk: 'docker', name });
  await commit(hub, name, 'Dockerfile', 'FROM scratch\n');
}

async function commit(hub: HubEmulator, name: string, path: string, content: string): Promise<number> {
  const lines = [
    { key: 'header', value: { summary: 'Change' } },
    { key: 'file', value: { path, content, encoding: 'utf-8' } },
  ];
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  return (await ask(hub, 'POST', `/api/spaces/hawser/${name}/commit/main`, text)).status;
}

const objectsFile = (): string => {
  const spaces = join(folder, 'hub/spaces');
  return join(spaces, readdirSync(spaces).find((name) => name.endsWith('.objects')) ?? '');
};

test('a folder keeps Spaces with commits, settings and secrets over a Hub that was never closed', async () => {
  const first = await start();
  await makeSpace(first, 'echo');
  await ask(first, 'POST', '/api/spaces/hawser/echo/variables', { key: 'MODE', value: 'fast' });
  await ask(first, 'POST', '/api/spaces/hawser/echo/secrets', { key: 'TOKEN', value: 'planted' });
  await makeSpace(first, 'gone');
  await ask(first, 'DELETE', '/api/repos/delete', { type: 'space', name: 'gone' });
  const head = first.head('hawser/echo');

  const second = await start();
  expect(second.head('hawser/echo')).toEqual(head);
  expect(second.head('hawser/gone')).toBeUndefined();
  expect(await (await ask(second, 'GET', '/api/spaces/hawser/echo/variables')).json()).toMatchObject({
    MODE: { value: 'fast' },
  });
  expect(await (await ask(second, 'GET', '/spaces/hawser/echo/resolve/main/Dockerfile')).text()).toBe('FROM scratch\n');
  expect(await commit(second, 'echo', 'app.py', 'x = 1\n')).toBe(200);

  const third = await start();
  expect(third.head('hawser/echo')?.commits).toBe((head?.commits ?? 0) + 1);
  // There is a secret in it.
  for (const name of readdirSync(join(folder, 'hub/spaces'))) {
    expect([name, statSync(join(folder, 'hub/spaces', name)).mode & 0o077]).toEqual([name, 0]);
  }
});

test('what was being written when the Hub was killed is passed over, and written over', async () => {
  const first = await start();
  await makeSpace(first, 'echo');
  const head = first.head('hawser/echo');
  const whole = statSync(objectsFile()).size;
  appendFileSync(objectsFile(), 'blob 100\0only the begin');

  const second = await start();
  expect(second.head('hawser/echo')).toEqual(head);
  expect(await commit(second, 'echo', 'app.py', 'x = 1\n')).toBe(200);
  const third = await start();
  expect(third.head('hawser/echo')?.commits).toBe((head?.commits ?? 0) + 1);
  truncateSync(objectsFile(), whole);
  const fourth = await start();
  // Its refs lead nowhere: it is put aside, and the Hub starts.
  expect(fourth.head('hawser/echo')).toBeUndefined();
  expect(readdirSync(join(folder, 'hub/spaces')).some((name) => name.endsWith('.broken'))).toBe(true);
});
