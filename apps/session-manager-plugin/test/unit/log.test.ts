import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLog, logLevels } from '../../src/log.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hawser-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plain = {
  talk: undefined,
  secrets: [],
  fileLevel: 'debug',
  now: () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)),
} as const;

test('the folder is made, and lines say when and how grave', () => {
  const file = join(folder, 'not/yet/there/plugin.log');
  const log = createLog({ ...plain, file });
  expect(existsSync(file)).toBe(false);
  for (const level of logLevels) log[level](`a ${level}`);
  expect(readFileSync(file, 'utf8')).toBe(
    logLevels.map((level) => `2026-01-02 03:04:05.006 ${level.toUpperCase()} a ${level}\n`).join(''),
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test.each([
  ['error', 1],
  ['warn', 2],
  ['info', 3],
  ['debug', 4],
] as const)('the level %s keeps %d of four lines, in the file and in talk', (level, count) => {
  const file = join(folder, 'plugin.log');
  const talk: string[] = [];
  const log = createLog({ ...plain, file, fileLevel: level, talk: { level, write: (line) => talk.push(line) } });
  for (const each of logLevels) log[each]('x');
  expect(readFileSync(file, 'utf8').trim().split('\n').length).toBe(count);
  expect(talk).toEqual(Array.from({ length: count }, () => 'session-manager-plugin: x\n'));
});

test('secrets are never written', () => {
  const file = join(folder, 'plugin.log');
  const talk: string[] = [];
  const log = createLog({
    ...plain,
    file,
    talk: { level: 'debug', write: (line) => talk.push(line) },
    secrets: ['to+ken/1=', 't', ''],
  });
  log.info('got to+ken/1= and to%2Bken%2F1%3D');
  expect(readFileSync(file, 'utf8')).toContain('got [redacted] and [redacted]');
  expect(talk.join('')).not.toContain('ken');
});

test('a full file is moved aside, and the oldest given up', () => {
  const file = join(folder, 'plugin.log');
  writeFileSync(file, 'an older run\n');
  const log = createLog({ ...plain, file, maxFileBytes: 60, keptFiles: 3 });
  for (let line = 1; line <= 8; line += 1) log.info(`line ${line}`);
  const kept = ['', '.1', '.2', '.3'].map((end) => existsSync(file + end) && readFileSync(file + end, 'utf8'));
  expect(kept[0]).toContain('line 8');
  expect(kept[2]).toContain('line 6');
  expect(kept[3]).toBe(false);
});

test('a file that cannot be written is said once and given up', () => {
  const talk: string[] = [];
  writeFileSync(join(folder, 'file'), '');
  const log = createLog({
    ...plain,
    file: join(folder, 'file', 'plugin.log'),
    talk: { level: 'error', write: (line) => talk.push(line) },
  });
  log.info('one');
  log.info('two');
  expect(talk).toEqual([expect.stringContaining('no log is written')]);
});
