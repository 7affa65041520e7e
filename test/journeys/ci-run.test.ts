import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runToEnd } from '../support/run-to-end.js';
import { root } from '../support/workspace.js';

test.each([
  {
    check: 'exit 0',
    tests: 'echo "3 passed, 0 failed"',
    closing: '3 passed, 0 failed',
    code: 0,
    what: 'everything holds',
  },
  {
    check: 'exit 1',
    tests: 'echo "3 passed, 0 failed"',
    closing: '3 passed, 1 failed',
    code: 1,
    what: 'a check fails',
  },
  {
    check: 'exit 0',
    tests: 'echo "2 passed, 1 failed"; exit 1',
    closing: '2 passed, 1 failed',
    code: 1,
    what: 'a test fails',
  },
  {
    check: 'exit 1',
    tests: 'echo "2 passed, 1 failed"; exit 1',
    closing: '2 passed, 2 failed',
    code: 1,
    what: 'both fail',
  },
  { check: 'exit 0', tests: 'exit 1', closing: '0 passed, 1 failed', code: 1, what: 'the tests never begin' },
  {
    check: 'exit 0',
    tests: 'echo "3 passed, 0 failed"; exit 1',
    closing: '3 passed, 1 failed',
    code: 1,
    what: 'the runner dies late',
  },
  { check: 'exit 0', tests: 'exit 0', closing: '0 passed, 1 failed', code: 1, what: 'no test says that it ran' },
])('.ci/run closes on "$closing" when $what', async ({ check, tests, closing, code }) => {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-ci-'));
  try {
    await cp(join(root, '.ci'), join(folder, '.ci'), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { check, test: tests } }));
    const ended = await runToEnd('bash', ['.ci/run'], { cwd: folder });
    expect(ended.stdout.trimEnd().split('\n').at(-1)).toBe(closing);
    expect(ended.code).toBe(code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
