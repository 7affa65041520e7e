import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { createRedactor } from '../../src/redact.js';
import { Secret } from '../../src/secret.js';

describe('a Secret', () => {
  const secret = new Secret('s3cr3t-value');

  test.each([
    ['joined', [secret].join(' ')],
    ['as JSON', JSON.stringify({ secret })],
    ['inspected', inspect({ secret })],
    ['formatted', String([secret])],
  ])('shows nothing when %s', (_, text) => {
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('s3cr3t');
  });

  test('is given out by reveal', () => {
    expect(secret.reveal()).toBe('s3cr3t-value');
  });
});

describe('the redactor', () => {
  const redactor = createRedactor();

  test.each([
    ['an AWS session token', 'got IQoJb3JpZ2luX2VjEPT//////////wEaCXVzLWVhc3QtMSJHMEUCIQD', 'got [redacted]'],
    ['an older AWS session token', 'FwoGZXIvYXdzEBYaDHrW0yzb1tQG3mRkPyLKAeXAMPLE', '[redacted]'],
    ['a Session Manager token', `token AAEAAc${'Ab0/'.repeat(20)}=`, 'token [redacted]'],
    [
      'a secret key in a file',
      'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'aws_secret_access_key = [redacted]',
    ],
    ['a token in JSON text', '{"TokenValue":"abcdefgh12345678","a":1}', '{"TokenValue":"[redacted]","a":1}'],
    [
      'a presigned address',
      'https://x/?X-Amz-Signature=abc123&X-Amz-Date=20261121',
      'https://x/?X-Amz-Signature=[redacted]&X-Amz-Date=20261121',
    ],
    [
      'an authorization header',
      `SignedHeaders=host, Signature=${'0a'.repeat(32)}`,
      'SignedHeaders=host, Signature=[redacted]',
    ],
    ['a JSON web token', `jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4 end`, 'jwt [redacted] end'],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`, '[redacted]'],
    ['a Hugging Face token', `hf_${'aB'.repeat(17)}`, '[redacted]'],
    ['a bearer header', 'Authorization: Bearer abcdefghij0123456789', 'Authorization: Bearer [redacted]'],
    ['a password in an address', 'postgres://me:hunter22@db/x', 'postgres://me:[redacted]@db/x'],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter',
      '[redacted]\nafter',
    ],
  ])('takes out %s', (_, text, clean) => {
    expect(redactor.text(text)).toBe(clean);
  });

  test.each([
    'arn:aws:iam::123456789012:user/hawser in us-east-1',
    'https://ssm.eu-west-1.amazonaws.com/',
    'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    'session hawser-53926c5a01e86b623 on i-0123456789abcdef0',
    'nextToken: none',
  ])('leaves ordinary words alone: %s', (text) => {
    expect(redactor.text(text)).toBe(text);
  });

  test('knows the secrets of the environment, and no short words of it', () => {
    const own = createRedactor({
      DB_PASSWORD: 'correct horse battery',
      MY_TOKEN: 'short',
      PATH: '/a/very/long/path/to/things',
    });
    expect(own.text('correct horse battery short /a/very/long/path/to/things')).toBe(
      '[redacted] short /a/very/long/path/to/things',
    );
  });

  test('goes through objects, by member and by text', () => {
    const own = createRedactor();
    own.hide('learned-while-running');
    expect(
      own.value({ list: ['a learned-while-running b'], SecretAccessKey: 'x', when: new Date(0), none: null, count: 3 }),
    ).toEqual({
      list: ['a [redacted] b'],
      SecretAccessKey: '[redacted]',
      when: '1970-01-01T00:00:00.000Z',
      none: null,
      count: 3,
    });
  });

  test('shows what is meant for the reader', () => {
    const key = 'hawser/emulator/secret/access/key/000000';
    const own = createRedactor({ AWS_SECRET_ACCESS_KEY: key });
    own.show(key);
    expect(own.text(`export AWS_SECRET_ACCESS_KEY='${key}'`)).toBe(`export AWS_SECRET_ACCESS_KEY='${key}'`);
    expect(own.value({ AWS_SECRET_ACCESS_KEY: key })).toEqual({ AWS_SECRET_ACCESS_KEY: key });
  });
});
