import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { commonLines } from '../../src/plan/line-diff.js';
import { showDiff } from '../../src/plan/show-diff.js';

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });

describe('lines in common', () => {
  test('are the same lines, in order, and as many as can be', () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const common = commonLines(before, after);
        for (const [one, other] of common) expect(before[one]).toBe(after[other]);
        const ascends = common.every(([one, other], index) => {
          const [lastOne, lastOther] = common[index - 1] ?? [-1, -1];
          return one > lastOne && other > lastOther;
        });
        expect(ascends).toBe(true);
        expect(common).toHaveLength(longestCommon(before, after));
      }),
    );
  });
});

describe('a diff to be read', () => {
  test('shows two lines around each change, in hunks', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const after = before.with(3, 'three').toSpliced(15, 1);
    expect(showDiff('f', `${before.join('\n')}\n`, `${after.join('\n')}\n`)).toBe(
      [
        '--- f',
        '+++ f',
        '@@ -2,5 +2,5 @@',
        ' line 1',
        ' line 2',
        '-line 3',
        '+three',
        ' line 4',
        ' line 5',
        '@@ -14,5 +14,4 @@',
        ' line 13',
        ' line 14',
        '-line 15',
        ' line 16',
        ' line 17',
        '',
      ].join('\n'),
    );
    expect(showDiff('f', undefined, 'a\n')).toBe('--- /dev/null\n+++ f\n@@ -0,0 +1,1 @@\n+a\n');
  });

  test('cuts long lines, and hides every secret, also of lines that do not change', () => {
    const secrets = ['planted-a', 'planted-b', 'planted-c', 'planted-d', 'planted-e', 'planted-f', 'planted-g'];
    const before = [
      'users:',
      '- name: one',
      '  user:',
      `    token: ${secrets[0]}`,
      '    client-key-data: >-',
      `      ${secrets[1]}`,
      `      ${secrets[2]}`,
      '    username: me',
      `- {name: two, user: {token: "${secrets[3]}", tokenFile: /run/t}}`,
      `PREFECT_API_KEY = "${secrets[4]}"`,
      `PREFECT_API_URL = "http://me:${secrets[5]}@host/api"`,
      `    password: '${secrets[6]}'`,
      `certificate-authority-data: ${'A'.repeat(300)}`,
    ];
    const diff = showDiff('f', before.join('\n'), before.map((line) => `${line} `).join('\n'));
    for (const secret of secrets) expect(diff).not.toContain(secret);
    expect(diff).toContain('    username: me');
    expect(diff).toContain('tokenFile: /run/t');
    expect(diff).toContain('… (328 characters)');
  });
});

function longestCommon(one: readonly string[], other: readonly string[]): number {
  let row = Array.from({ length: other.length + 1 }, () => 0);
  for (const line of one) {
    const next = [0];
    for (const [index, candidate] of other.entries()) {
      next.push(line === candidate ? row[index]! + 1 : Math.max(row[index + 1]!, next[index]!));
    }
    row = next;
  }
  return row.at(-1)!;
}
