import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { HttpRequest } from '../../src/http/server.js';
import { isSigned, verifySignature, type SigningRules } from '../../src/http/sigv4.js';

/** The example of the public test suite for the scheme: its date, keys, region and service. */
const rules: SigningRules = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  service: 'service',
  nowMs: Date.UTC(2015, 7, 30, 12, 36, 0),
  clockSkewMs: 300_000,
};

const request = (url: string, authorization: string, headers: Readonly<Record<string, string>> = {}): HttpRequest => ({
  method: 'GET',
  url,
  headers: { host: 'example.amazonaws.com', 'x-amz-date': '20150830T123600Z', authorization, ...headers },
  body: Buffer.alloc(0),
});

const authorization = (signature: string, signedHeaders = 'host;x-amz-date'): string =>
  `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;

/** Signs a canonical request that the test wrote by hand. */
function signatureOf(canonical: string): string {
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = `AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n${hash}`;
  const date = hmac(`AWS4${rules.credentials.secretAccessKey}`, '20150830');
  return hmac(hmac(hmac(hmac(date, 'us-east-1'), 'service'), 'aws4_request'), text).toString('hex');
}

const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('a signature', () => {
  test('of the published vanilla example is right', () => {
    const signature = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
    expect(verifySignature(request('/', authorization(signature)), rules)).toBeUndefined();
  });

  test('covers the query, sorted by name and then by value, and encoded', () => {
    const canonical = (query: string): string =>
      `GET\n/\n${query}\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n${emptyHash}`;
    const signature = signatureOf(canonical('a=&a-b=1&b=%2F%3D&b=x%20y'));
    expect(verifySignature(request('/?b=x%20y&a-b=1&b=/%3D&a', authorization(signature)), rules)).toBeUndefined();
    expect(verifySignature(request('/?b=x%20z&a-b=1&b=/%3D&a', authorization(signature)), rules)).toBeDefined();
  });

  test('covers a path, encoded once more than on the wire, and headers, with their white space folded', () => {
    const signature = signatureOf(
      `GET\n/a%2520b/c\n\nhost:example.amazonaws.com\nmy-header:a b\nx-amz-date:20150830T123600Z\n\nhost;my-header;x-amz-date\n${emptyHash}`,
    );
    const header = authorization(signature, 'host;my-header;x-amz-date');
    expect(verifySignature(request('/a%20b/c', header, { 'my-header': '  a   b ' }), rules)).toBeUndefined();
  });

  test('covers the body', () => {
    const body = Buffer.from('{}');
    const hash = createHash('sha256').update(body).digest('hex');
    const signature = signatureOf(
      `POST\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n${hash}`,
    );
    const post = { ...request('/', authorization(signature)), method: 'POST', body };
    expect(verifySignature(post, rules)).toBeUndefined();
    expect(verifySignature({ ...post, body: Buffer.from('{ }') }, rules)).toMatchObject({
      type: 'InvalidSignatureException',
    });
  });

  const good = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
  test.each([
    [
      'a Basic header',
      'Basic abc',
      {},
      'IncompleteSignatureException',
      "Unsupported authorization type, expected 'AWS4-HMAC-SHA256'.",
    ],
    [
      'missing parts',
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/1/2/3/aws4_request',
      {},
      'IncompleteSignatureException',
      "requires 'SignedHeaders' parameter. Authorization header requires 'Signature' parameter.",
    ],
    [
      'a short credential',
      authorization(good).replace('/service/', '/'),
      {},
      'IncompleteSignatureException',
      'exactly 5 slash-delimited elements',
    ],
    ['no date', authorization(good), { 'x-amz-date': 'yesterday' }, 'IncompleteSignatureException', 'X-Amz-Date'],
    ['the host not signed', authorization(good, 'x-amz-date'), {}, 'IncompleteSignatureException', "signed 'Host'"],
    [
      'another key',
      authorization(good).replace('AKIDEXAMPLE', 'AKIDSOMEBODY'),
      {},
      'UnrecognizedClientException',
      'invalid',
    ],
    [
      'a token nobody gave',
      authorization(good),
      { 'x-amz-security-token': 't' },
      'UnrecognizedClientException',
      'invalid',
    ],
    [
      'another region',
      authorization(good).replace('us-east-1', 'us-west-2'),
      {},
      'InvalidSignatureException',
      "not 'us-west-2'",
    ],
    [
      'another service',
      authorization(good).replace('/service/', '/s3/'),
      {},
      'InvalidSignatureException',
      "correct service: 'service'",
    ],
    [
      'another day in its scope',
      authorization(good).replace('20150830', '20150829'),
      {},
      'InvalidSignatureException',
      'Date in Credential scope',
    ],
    [
      'one digit changed',
      authorization(good.replace('5fa0', '5fa1')),
      {},
      'InvalidSignatureException',
      'does not match',
    ],
    ['half its digits', authorization(good.slice(32)), {}, 'InvalidSignatureException', 'does not match'],
  ])('with %s is refused', (_, header, headers, type, words) => {
    expect(verifySignature(request('/', header, headers), rules)).toMatchObject({
      type,
      message: expect.stringContaining(words),
    });
  });

  test('is good for five minutes either way', () => {
    const at = (minutes: number) =>
      verifySignature(request('/', authorization(good)), { ...rules, nowMs: rules.nowMs + minutes * 60_000 });
    expect([at(-5), at(5)]).toEqual([undefined, undefined]);
    expect(at(6)!.message).toBe(
      'Signature expired: 20150830T123600Z is now earlier than 20150830T123700Z (20150830T124200Z - 5 min.)',
    );
    expect(at(-6)!.message).toBe(
      'Signature not yet current: 20150830T123600Z is still later than 20150830T123500Z (20150830T123000Z + 5 min.)',
    );
  });

  test('that is missing is told apart from one that is wrong', () => {
    const unsigned = { ...request('/', ''), headers: { host: 'example.amazonaws.com' } };
    expect(isSigned(unsigned)).toBe(false);
    expect(verifySignature(unsigned, rules)).toMatchObject({ type: 'MissingAuthenticationTokenException' });
  });
});
