import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { readEvents } from '@hawser/tunnels/supervisor';
import type { TunnelEvent } from '@hawser/tunnels';
import { EventLog } from '../../src/supervisor/event-log.js';
import { placesOf } from '../../src/supervisor/places.js';
import { Follower, inForeground } from '../support/foreground.js';
import { ask, Echo, Project, spec } from '../support/project.js';

async function logged(project: Project): Promise<readonly TunnelEvent[]> {
  const events: TunnelEvent[] = [];
  for await (const event of readEvents(project.where)) events.push(event);
  return events;
}

test('what happens is told to those who follow, and stays in the log', async () => {
  await using project = await Project.make();
  await using echo = await Echo.start();
  const foreground = await inForeground(project);
  const told: string[] = [];
  await using followed = new Follower((signal) => foreground.client.events({ signal }));
  await using log = new Follower((signal) => readEvents({ ...project.where, follow: true, signal }));
  await foreground.client.status();
  const onEvent = (event: TunnelEvent): void => void told.push(event.type);
  const [tunnel] = await foreground.client.up([spec({ to: echo.target })], { onEvent });
  expect(told).toEqual(['bound', 'link', 'link', 'probe']);
  await ask({ port: tunnel!.local.port }, 'x');
  await foreground.client.down({ all: true });
  await log.until(({ type, text }) => type === 'supervisor' && text === 'left');
  await followed.until(({ type }) => type === 'removed');
  const expected = ['bound', 'link', 'link', 'probe', 'connection', 'connection', 'removed', 'supervisor'];
  expect(followed.seen.map(({ type }) => type)).toEqual(expected);
  expect((await logged(project)).map(({ type }) => type)).toEqual(['supervisor', ...expected]);
  expect((await stat(placesOf(project.where).eventLog)).mode & 0o777).toBe(0o600);
});

test('a log that has grown is put aside, one back; readers see both, and followers lose nothing', async () => {
  await using project = await Project.make();
  const { eventLog } = placesOf(project.where);
  const event = (text: string): TunnelEvent => ({ at: '2025-10-31T08:00:00.000Z', type: 'debug', text });
  const log = new EventLog(eventLog);
  log.append(event('first'));
  await log.flush();
  await using follower = new Follower((signal) => readEvents({ ...project.where, follow: true, signal }));
  await follower.until(({ text }) => text === 'first');
  for (let round = 0; round < 3; round++) {
    for (let line = 0; line < 120; line++) log.append(event(`${round}-${line} ${'x'.repeat(10_000)}`));
    await log.flush();
    await follower.until(({ text }) => text.startsWith(`${round}-119 `));
  }
  expect(follower.seen).toHaveLength(361);
  const kept = await logged(project);
  expect(kept.at(-1)!.text).toMatch(/^2-119 /);
  expect(kept.length).toBeLessThan(361);
  expect((await readFile(`${eventLog}.1`, 'utf8')).length).toBeGreaterThan(1 << 20);
});

test('lines that are none are passed over', async () => {
  await using project = await Project.make();
  const { eventLog } = placesOf(project.where);
  await mkdir(dirname(eventLog), { recursive: true });
  await writeFile(eventLog, '{"at":"x","type":"debug","te\n[]\nnull\n{"at":"y","type":"debug","text":"whole"}\n{"at":');
  expect((await logged(project)).map(({ text }) => text)).toEqual(['whole']);
});

test('without a log there are no events, and a follower waits for the first', async () => {
  await using project = await Project.make();
  expect(await logged(project)).toEqual([]);
  await using follower = new Follower((signal) => readEvents({ ...project.where, follow: true, signal }));
  new EventLog(placesOf(project.where).eventLog).append({ at: 'now', type: 'debug', text: 'the first' });
  await follower.until(({ text }) => text === 'the first');
});
