import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { holdToSchema } from '../support/held.js';

const app = join(import.meta.dirname, '../..');

test('every command that prints JSON has a schema', () => {
  const snapshot = JSON.parse(readFileSync(join(app, 'command-snapshot.json'), 'utf8')) as readonly {
    readonly command: string;
    readonly flags: readonly string[];
  }[];
  const schemas = readdirSync(join(app, 'schemas'));
  const without = snapshot
    .filter(({ flags }) => flags.includes('json'))
    .map(({ command }) => command)
    .filter((command) => !schemas.includes(`${command.replaceAll(' ', '-')}.json`));
  // Its standard output is a connection, byte for byte.
  expect(without).toEqual(['ssm ssh-proxy']);
});

test('what a command prints with --json is held to its schema, wherever it is seen', () => {
  const whole = (data: unknown): string => `${JSON.stringify({ ok: true, data, warnings: [] })}\n`;
  expect(() => holdToSchema(['net', 'down', '--all', '--json'], whole({ stopped: [], unknown: [] }))).not.toThrow();
  expect(() => holdToSchema(['net', 'down', '--all', '--json'], whole({ stopped: 'all', unknown: [] }))).toThrow(
    'hawser net down printed what its schema does not allow',
  );
  expect(() => holdToSchema(['net', 'down', '--all'], whole({ stopped: 'all' }))).not.toThrow();
  const failed = { ok: false, error: { code: 'NO_CODE', message: 'm', exitCode: 1, details: {} } };
  expect(() => holdToSchema(['aws', 'check', '--json'], `${JSON.stringify(failed)}\n`)).toThrow('an error');
});
