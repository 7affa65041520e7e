import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('the example of the README runs', () => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${root}/README.md`, 'utf8')) ?? [];
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', example], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(printed).toMatch(/^file README\.md \d+$/m);
  expect(printed).toContain('\nfolder src undefined\nfile src/errors.ts ');
  expect(printed).not.toContain('dist');
});
