import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { isPresigned, regionOfHost, signUpgrade } from '../../src/transport/sign-upgrade.js';
import { signatureOf } from '../support/fake-aws.js';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const date = new Date('2026-03-04T05:06:07Z');

async function check(streamUrl: string, sessionToken?: string): Promise<Readonly<Record<string, string>>> {
  const headers = await signUpgrade({
    streamUrl,
    region: 'eu-west-1',
    credentials: { ...credentials, ...(sessionToken ? { sessionToken } : {}) },
    date,
  });
  const signedHeaders = ['host', 'x-amz-date', ...(sessionToken ? ['x-amz-security-token'] : [])];
  const url = new URL(streamUrl);
  const signature = signatureOf({
    url,
    headers: { ...headers, host: url.host },
    signedHeaders,
    secretAccessKey: credentials.secretAccessKey,
    region: 'eu-west-1',
    service: 'ssmmessages',
  });
  expect(headers['authorization']).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260304/eu-west-1/ssmmessages/aws4_request, ` +
      `SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  );
  return headers;
}

describe('signing a websocket upgrade', () => {
  test('signs the query as it is, cell number included', async () => {
    const plain = 'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/me-0123?role=publish_subscribe';
    const headers = await check(plain);
    expect(Object.keys(headers).toSorted()).toEqual(['authorization', 'x-amz-date']);
    expect(headers['x-amz-date']).toBe('20260304T050607Z');
    const inCell = await check(`${plain}&cell-number=AAEAAe3n%2B%2F%3D`);
    expect(inCell['authorization']).not.toBe(headers['authorization']);
  });

  test('adds the token of temporary credentials', async () => {
    const headers = await check(
      'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/s?role=publish_subscribe',
      'token==',
    );
    expect(headers['x-amz-security-token']).toBe('token==');
  });

  test('signs the port of an unusual address', async () => {
    expect(await check('ws://127.0.0.1:41235/v1/data-channel/s?role=publish_subscribe')).toHaveProperty(
      'authorization',
    );
  });

  test('signs any session id and any query value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), fc.string(), async (id, cell) => {
        fc.pre(id !== '.' && id !== '..');
        const url = `wss://gateway.example/v1/data-channel/${encodeURIComponent(id)}?cell-number=${encodeURIComponent(cell)}`;
        expect(await check(url)).toHaveProperty('authorization');
      }),
      { numRuns: 100 },
    );
  });

  test('knows a presigned URL by any of its parameters, whatever their case', () => {
    for (const name of [
      'X-Amz-Algorithm',
      'X-Amz-Credential',
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Amz-SignedHeaders',
      'X-Amz-Signature',
      'x-amz-security-token',
    ]) {
      expect(isPresigned(`wss://gateway.example/v1?role=publish_subscribe&${name}=1`)).toBe(true);
    }
    expect(isPresigned('wss://gateway.example/v1?role=publish_subscribe&cell-number=1')).toBe(false);
  });

  test('reads the region from the host where it is stated', () => {
    expect(regionOfHost('ssmmessages.eu-west-1.amazonaws.com')).toBe('eu-west-1');
    expect(regionOfHost('ssmmessages-fips.us-gov-west-1.amazonaws.com')).toBe('us-gov-west-1');
    expect(regionOfHost('ssmmessages.cn-north-1.amazonaws.com.cn')).toBe('cn-north-1');
    expect(regionOfHost('vpce-0a1b-2c3d.ssmmessages.us-east-1.vpce.amazonaws.com')).toBe('us-east-1');
    expect(regionOfHost('127.0.0.1')).toBeUndefined();
    expect(regionOfHost('gateway.example')).toBeUndefined();
  });
});
