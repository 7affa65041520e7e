import { describe, expect, test } from '@jest/globals';
import { SsmChannelError } from '../../src/errors.js';
import { explainSdkError } from '../../src/aws/sdk-errors.js';

const failure = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const explain = (error: unknown, profile?: string): SsmChannelError =>
  explainSdkError(error, { operation: 'StartSession', subject: 'i-1', profile });

describe('what the SDK says, in our words', () => {
  test('an error of ours passes unchanged', () => {
    const error = new SsmChannelError('HAWSER_SSM_CA_FILE', 'no');
    expect(explain(error)).toBe(error);
  });

  test.each([
    [
      'To refresh this SSO session run aws sso login with the corresponding profile.',
      'my team',
      "Log in again: aws sso login --profile 'my team'",
    ],
    [
      "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
      "o'brien",
      "Log in again: aws sso login --profile 'o'\\''brien'",
    ],
    [
      'Your session has expired. Please reauthenticate using aws login.',
      'dev@corp',
      'Log in again: aws login --profile dev@corp',
    ],
  ])('%s', (message, profile, hint) => {
    expect(explain(failure('CredentialsProviderError', message), profile)).toMatchObject({
      code: 'HAWSER_SSM_CREDENTIALS_EXPIRED',
      message: `The AWS credentials of the profile ${profile} have expired`,
      hint,
      details: { profile },
    });
  });

  test('a token that the service calls expired has no login command to tell', () => {
    expect(
      explain(failure('ExpiredTokenException', 'The security token included in the request is expired'), 'dev').hint,
    ).toBe('Get new credentials for the profile dev and try again.');
  });

  test.each([
    [
      failure('AggregateError', '', {
        errors: [failure('Error', 'connect ECONNREFUSED ::1:80', { code: 'ECONNREFUSED' })],
      }),
      'HAWSER_SSM_ENDPOINT_UNREACHABLE',
    ],
    [failure('Error', 'getaddrinfo ENOTFOUND ssm.nowhere', { code: 'ENOTFOUND' }), 'HAWSER_SSM_ENDPOINT_UNREACHABLE'],
    [failure('TimeoutError', 'too slow'), 'HAWSER_SSM_ENDPOINT_UNREACHABLE'],
    [
      failure('TypeError', 'failed', { cause: { code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' } }),
      'HAWSER_SSM_CERTIFICATE_REFUSED',
    ],
    [failure('SomethingNewException', 'new'), 'HAWSER_SSM_API_FAILED'],
    ['a string', 'HAWSER_SSM_API_FAILED'],
  ])('%s', (error, code) => {
    const explained = explain(error);
    expect(explained.code).toBe(code);
    expect(explained.message).not.toMatch(/undefined|\[object/);
    expect(explained.message.endsWith(': ')).toBe(false);
    expect(explained.cause).toBe(error);
  });
});
