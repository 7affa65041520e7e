import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Access, UserEntry } from '../../src/config/access.js';
import { readServiceAccount } from '../../src/config/service-account.js';
import { createCredentials } from '../../src/credentials/credentials.js';
import { withoutSecrets } from '../../src/credentials/redact.js';

describe('what a request proves who it is with', () => {
  test.each<readonly [string, UserEntry, object]>([
    ['nothing', {}, {}],
    ['a token', { token: 'abc' }, { authorization: 'Bearer abc' }],
    ['a name and a password', { username: 'me', password: 'a:b' }, { authorization: 'Basic bWU6YTpi' }],
    [
      'somebody else',
      { token: 'abc', as: 'them', 'as-uid': '7', 'as-groups': ['a', 'b'] },
      {
        authorization: 'Bearer abc',
        'impersonate-user': 'them',
        'impersonate-uid': '7',
        'impersonate-group': ['a', 'b'],
      },
    ],
  ])('is %s', async (_what, user, headers) => {
    const credentials = createCredentials(accessOf(user), {});
    const current = await credentials.current();
    expect(current.headers).toEqual(headers);
    // There is no other to be had.
    expect(await credentials.renew(current)).toBeUndefined();
  });

  test('is a token file as it is now, once it was refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-token-'));
    try {
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, 'one\n');
      const credentials = createCredentials(accessOf({ tokenFile }), {});
      const first = await credentials.current();
      await writeFile(tokenFile, 'two\n');
      expect((await credentials.current()).headers).toEqual({ authorization: 'Bearer one' });
      const second = await credentials.renew(first);
      expect(second?.headers).toEqual({ authorization: 'Bearer two' });
      // Who was refused with the first one late need not have it read again.
      expect((await credentials.renew(first))?.id).toBe(second?.id);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('inside a pod', () => {
  test('the service account says all there is to know', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-account-'));
    try {
      const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
      expect(await readServiceAccount(env, folder)).toBeUndefined();
      await writeFile(join(folder, 'token'), 'abc');
      await writeFile(join(folder, 'namespace'), 'apps\n');
      expect(await readServiceAccount({}, folder)).toBeUndefined();
      expect(await readServiceAccount(env, folder)).toEqual({
        context: 'in-cluster',
        namespace: 'apps',
        cluster: { server: 'https://[fd00::1]:443', 'certificate-authority': join(folder, 'ca.crt') },
        user: { tokenFile: join(folder, 'token') },
        clusterFolder: folder,
        userFolder: folder,
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test.each([
  ['token k8s-aws-v1.aHR0cHM6Ly9 end', 'token [redacted] end'],
  ['jwt eyJhbGciOi.eyJzdWIi.c2ln end', 'jwt [redacted] end'],
  ['Authorization: Bearer abcdefghijklmnopqrst', 'Authorization: Bearer [redacted]'],
  ['{"token":"abcdefghijklmnopqrst"}', '{"token":"[redacted]"}'],
  ['X-Amz-Signature=abcdef0123456789abcdef', 'X-Amz-Signature=[redacted]'],
  ['the token has expired, run aws sso login', 'the token has expired, run aws sso login'],
])('of %j is shown %j', (said, shown) => expect(withoutSecrets(said)).toBe(shown));

function accessOf(user: UserEntry): Access {
  return {
    context: 'x',
    namespace: 'default',
    cluster: { server: 'https://127.0.0.1:1' },
    user,
    clusterFolder: '/',
    userFolder: '/',
  };
}
