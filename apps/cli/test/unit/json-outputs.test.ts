import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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

test('a whole run in which a schema was held to nothing fails, and names it; a part of one does not', () => {
  const reporter = pathToFileURL(join(app, '../../scripts/jest-reporter.mjs')).href;
  const files = readdirSync(join(app, 'test'), { recursive: true, encoding: 'utf8' });
  const whole = files.filter((file) => file.endsWith('.test.ts')).map((file) => join(app, 'test', file));
  const held = readdirSync(join(app, 'schemas')).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
  const report = (ran: readonly string[], marks: readonly string[], todo = 0): string => {
    const results = {
      numPassedTests: 7,
      numFailedTests: 0,
      numRuntimeErrorTestSuites: 0,
      testResults: ran.map((testFilePath) => ({ testFilePath, numPendingTests: 0, numTodoTests: todo })),
    };
    const program = `
      import { writeFileSync } from 'node:fs';
      import Reporter from ${JSON.stringify(reporter)};
      const one = new Reporter({});
      one.onRunStart();
      for (const name of ${JSON.stringify(marks)})
        writeFileSync(process.env.HAWSER_TEST_SCHEMAS_HELD + '/' + name, '');
      one.onRunComplete(new Set(), ${JSON.stringify(results)});
      console.log(one.getLastError() ? 'ends with 1' : 'ends with 0');
    `;
    return execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  };
  expect(held).toContain('net-up');
  expect(report(whole, held)).toBe('ends with 0\n\n7 passed, 0 failed\n');
  const without = held.filter((name) => name !== 'net-up');
  expect(report(whole, without)).toBe(
    '✗ No test holds what a command prints to apps/cli/schemas/net-up.json\nends with 1\n\n7 passed, 1 failed\n',
  );
  expect(report(whole.slice(1), without)).toBe('ends with 0\n\n7 passed, 0 failed\n');
  // Where a counterpart is missing, its tests are listed as not run.
  expect(report(whole, without, 1)).toBe('ends with 0\n\n7 passed, 0 failed\n');
});
