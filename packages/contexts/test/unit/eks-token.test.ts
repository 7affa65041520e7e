import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { type AwsCredentials, eksToken } from '@hawser/contexts';
import { execCredential } from '../../src/eks/exec-credential.js';
import { verifyEksToken } from '../../../../test/support/eks-verifier.js';

const NOW_MS = Date.UTC(2026, 4, 6, 7, 8, 9, 500);
const keys = { AKIDEXAMPLE: { secretAccessKey: 'secret/secret+secret' } };
const credentials = { accessKeyId: 'AKIDEXAMPLE', ...keys.AKIDEXAMPLE };
const hosts = ['sts.eu-west-1.amazonaws.com'];
const make = (more: Partial<Parameters<typeof eksToken>[0]> = {}) =>
  eksToken({ cluster: 'staging', region: 'eu-west-1', credentials, nowMs: NOW_MS, ...more });

describe('a token', () => {
  test('is taken by a cluster that follows the rules of aws-iam-authenticator', async () => {
    const { token } = await make();
    const asked = { cluster: 'staging', hosts, keys, nowMs: NOW_MS };
    expect(verifyEksToken(token, asked)).toEqual({ accessKeyId: 'AKIDEXAMPLE' });
    expect(verifyEksToken(token, { ...asked, nowMs: NOW_MS + 14 * 60_000 })).toEqual({ accessKeyId: 'AKIDEXAMPLE' });
    expect(verifyEksToken(token, { ...asked, nowMs: NOW_MS + 15 * 60_000 })).toEqual({
      refused: 'the token has expired',
    });
  });

  test('is of no use to another cluster, nor under another key, host or session', async () => {
    const { token } = await make();
    const asked = { cluster: 'staging', hosts, keys, nowMs: NOW_MS };
    expect(verifyEksToken(token, { ...asked, cluster: 'production' })).toEqual({ refused: 'SignatureDoesNotMatch' });
    expect(verifyEksToken(token, { ...asked, hosts: ['sts.us-east-1.amazonaws.com'] })).toHaveProperty('refused');
    expect(verifyEksToken(token, { ...asked, keys: { AKIDEXAMPLE: { secretAccessKey: 'other' } } })).toEqual({
      refused: 'SignatureDoesNotMatch',
    });
    const session = { AKIDEXAMPLE: { ...keys.AKIDEXAMPLE, sessionToken: 'x' } };
    expect(verifyEksToken(token, { ...asked, keys: session })).toEqual({ refused: 'InvalidClientTokenId' });
  });

  test('verifies for any keys, session, cluster and time', async () => {
    const ascii = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[A-Z0-9]{16,20}$/),
        ascii,
        fc.option(ascii, { nil: undefined }),
        fc.stringMatching(/^[0-9A-Za-z][\w-]{0,40}$/),
        fc.integer({ min: 1_500_000_000, max: 4_000_000_000 }),
        async (accessKeyId, secretAccessKey, sessionToken, cluster, seconds) => {
          const held = { secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
          const nowMs = seconds * 1000;
          const { token } = await make({ cluster, nowMs, credentials: { accessKeyId, ...held } });
          const verified = verifyEksToken(token, { cluster, hosts, keys: { [accessKeyId]: held }, nowMs });
          expect(verified).toEqual({ accessKeyId });
        },
      ),
    );
  });

  test('lasts 14 minutes, and never longer than the credentials', async () => {
    const until = (seconds: number): AwsCredentials => ({
      ...credentials,
      expiration: new Date(NOW_MS + seconds * 1000),
    });
    expect((await make()).expiresAt).toBe('2026-05-06T07:22:09Z');
    expect((await make({ credentials: until(3600) })).expiresAt).toBe('2026-05-06T07:22:09Z');
    expect((await make({ credentials: until(60) })).expiresAt).toBe('2026-05-06T07:09:09Z');
    await expect(make({ credentials: until(0) })).rejects.toMatchObject({ code: 'HAWSER_AWS_CREDENTIALS_EXPIRED' });
  });

  test('over 4,096 bytes is refused here, not by the cluster', async () => {
    await expect(make({ credentials: { ...credentials, sessionToken: 'A'.repeat(2600) } })).resolves.toBeTruthy();
    const failure = await make({ credentials: { ...credentials, sessionToken: 'A'.repeat(2800) } }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'HAWSER_AWS_TOKEN_TOO_LONG', exitCode: 1, details: { limitBytes: 4096 } });
    expect(JSON.stringify(failure)).not.toContain('AAAA');
  });

  test.each([
    [{ cluster: '-x' }, "'-x' cannot be the name of an EKS cluster"],
    [{ cluster: 'a b' }, "'a b' cannot be the name of an EKS cluster"],
    [{ region: 'eu-west-1.evil.example/' }, "'eu-west-1.evil.example/' is no AWS region"],
    [{ region: '' }, "'' is no AWS region"],
  ])('for %j is refused', async (more, message) => {
    await expect(make(more)).rejects.toMatchObject({ code: 'HAWSER_AWS_BAD_INPUT', exitCode: 2, message });
  });
});

test.each([
  [undefined, 'v1beta1'],
  ['', 'v1beta1'],
  ['{', 'v1beta1'],
  ['null', 'v1beta1'],
  ['{"apiVersion":"client.authentication.k8s.io/v1alpha1"}', 'v1beta1'],
  ['{"apiVersion":"client.authentication.k8s.io/v1beta1"}', 'v1beta1'],
  ['{"apiVersion":"client.authentication.k8s.io/v1"}', 'v1'],
])('the reply to KUBERNETES_EXEC_INFO %s speaks %s', (execInfo, version) => {
  expect(JSON.parse(execCredential({ token: 't', expiresAt: 'e' }, execInfo))).toEqual({
    kind: 'ExecCredential',
    apiVersion: `client.authentication.k8s.io/${version}`,
    spec: {},
    status: { token: 't', expirationTimestamp: 'e' },
  });
});
