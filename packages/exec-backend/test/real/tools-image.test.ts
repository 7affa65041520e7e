import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeReal } from '../../../../test/support/counterparts.js';

const file = fileURLToPath(new URL('../../../../docker/exec-tools/Dockerfile', import.meta.url));

test('the tools image has every tool that is promised, and says so while it is built', () => {
  const text = readFileSync(file, 'utf8');
  const proof = text.slice(text.lastIndexOf('RUN ln'));
  for (const tool of ['git', 'terraform', 'aws', 'python3', 'curl', 'jq']) {
    expect(proof).toMatch(new RegExp(`\\b${tool} (?:--)?version\\b`));
  }
});

describeReal('hadolint', (path) => {
  test('hadolint has nothing to say of the tools image', () => {
    const { status, stdout } = spawnSync(path('hadolint'), [file], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
