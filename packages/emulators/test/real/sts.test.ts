import { describe, expect, test } from '@jest/globals';
import { SSMClient } from '@aws-sdk/client-ssm';
import { startBench, type Bench } from '../support/emulator.js';

/** Signs and sends a call in the query protocol, with the SDK's own signer. */
async function call(bench: Bench, action: string, secret?: string): Promise<{ status: number; body: string }> {
  const { endpoint, env, region } = bench.emulator;
  const url = new URL(endpoint);
  const { config } = new SSMClient({
    region,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: secret ?? env['AWS_SECRET_ACCESS_KEY']!,
    },
  });
  const signer = await config.signer({ name: 'sigv4', signingName: 'sts', signingRegion: region, properties: {} });
  const body = `Action=${action}&Version=2011-06-15`;
  const signed = await signer.sign({
    method: 'POST',
    protocol: 'http:',
    hostname: url.hostname,
    port: Number(url.port),
    path: '/',
    query: {},
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body,
  });
  const response = await fetch(endpoint, { method: 'POST', headers: signed.headers, body });
  return { status: response.status, body: await response.text() };
}

describe('STS', () => {
  test('says who the key pair belongs to', async () => {
    const bench = await startBench();
    const { status, body } = await call(bench, 'GetCallerIdentity');
    expect(status).toBe(200);
    expect(body).toContain('<Arn>arn:aws:iam::123456789012:user/hawser</Arn>');
    expect(body).toContain('<Account>123456789012</Account>');
    expect(bench.emulator.calls).toEqual([{ operation: 'GetCallerIdentity', input: {}, signature: 'valid' }]);
  });

  test('answers errors in its protocol', async () => {
    const refuse: Record<string, string> = {};
    const bench = await startBench({ refuse });
    expect(await call(bench, 'GetCallerIdentity', 'wrong')).toMatchObject({
      status: 403,
      body: expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
    });
    expect(await call(bench, 'AssumeRole')).toMatchObject({
      body: expect.stringContaining('<Code>InvalidAction</Code>'),
    });
    refuse['GetCallerIdentity'] = 'ExpiredTokenException';
    expect(await call(bench, 'GetCallerIdentity')).toMatchObject({
      status: 403,
      body: expect.stringContaining(
        '<Code>ExpiredToken</Code><Message>The security token included in the request is expired',
      ),
    });
  });
});
