import { expect, test } from '@jest/globals';
import { missingParts, sessionTypes, validate } from '../../src/validate.js';

const good = { sessionId: 'sess-123', streamUrl: 'wss://example.com/stream', tokenValue: 'token-456' };
const problemsOf = (given: Parameters<typeof validate>[0]): readonly string[] => {
  const judged = validate(given);
  return 'problems' in judged ? judged.problems : [];
};

test('the three parts are all that is needed, and the session type is Standard_Stream', () => {
  expect(validate(good)).toEqual({
    request: {
      start: good,
      target: undefined,
      region: undefined,
      profile: undefined,
      endpointUrl: undefined,
      clientId: undefined,
      expected: undefined,
      localPort: undefined,
      mayEncrypt: true,
    },
  });
  expect(sessionTypes[0]).toBe('Standard_Stream');
});

test('every problem is named at once, in the words of the design document', () => {
  expect(problemsOf({ parameters: '{', sessionType: 'Telepathy', endpointUrl: 'ftp://x' })).toEqual([
    'sessionId is required',
    'streamUrl is required',
    'tokenValue is required',
    'Invalid parameters JSON: unexpected end of JSON input',
    'Unsupported session type: Telepathy',
    'endpointUrl must be an HTTP URL (http:// or https://)',
  ]);
});

test('empty parts are missing parts', () => {
  expect(missingParts({ sessionId: '', streamUrl: '', tokenValue: '' })).toEqual([
    'sessionId is required',
    'streamUrl is required',
    'tokenValue is required',
  ]);
});

test.each(['https://x/y', 'wss:/', 'example.com', 'wss', 'wssx://a'])('%j is no stream URL', (streamUrl) => {
  expect(problemsOf({ ...good, streamUrl })).toEqual(['streamUrl must be a WebSocket URL (ws:// or wss://)']);
});

test('ws and wss are stream URLs', () => {
  expect(problemsOf({ ...good, streamUrl: 'ws://127.0.0.1:1/x' })).toEqual([]);
});

test('a Port session needs a portNumber', () => {
  expect(problemsOf({ ...good, sessionType: 'Port' })).toEqual(['Port session missing portNumber parameter']);
  expect(problemsOf({ ...good, sessionType: 'Port', parameters: '{}' })).toEqual([
    'Port session missing portNumber parameter',
  ]);
  for (const portNumber of ['22', 22, ['22']])
    expect(problemsOf({ ...good, sessionType: 'Port', parameters: JSON.stringify({ portNumber }) })).toEqual([]);
});

test.each([
  ['portNumber', '0', 1],
  ['portNumber', '65536', 1],
  ['portNumber', 'ssh', 1],
  ['portNumber', '', 1],
  ['portNumber', 1.5, 1],
  ['localPortNumber', -1, 0],
  ['localPortNumber', [], 0],
])('%s %j is no port', (name, value, least) => {
  const isAbsent = Array.isArray(value);
  const parameters = JSON.stringify({ portNumber: '1', [name]: value });
  expect(problemsOf({ ...good, sessionType: 'Port', parameters })).toEqual(
    isAbsent ? [] : [`${name} must be a number from ${least} to 65535`],
  );
});

test('parameters that are no object are no parameters', () => {
  expect(problemsOf({ ...good, parameters: '[]' })).toEqual(['Invalid parameters JSON: it is no object']);
});

const judge = (documentName: string, sessionType?: string): unknown =>
  validate({ ...good, documentName, parameters: '{"portNumber":"1"}', ...(sessionType ? { sessionType } : {}) });

test('the session document says which type to expect, and may not contradict the type given', () => {
  expect(judge('AWS-StartSSHSession')).toMatchObject({ request: { expected: 'Port' } });
  expect(judge('AWS-StartNonInteractiveCommand')).toMatchObject({ request: { expected: 'NonInteractiveCommands' } });
  expect(judge('SSM-SessionManagerRunShell', 'InteractiveCommands')).toMatchObject({
    request: { expected: 'InteractiveCommands' },
  });
  expect(judge('Our-Own-Document')).toMatchObject({ request: { expected: undefined } });
  expect(judge('AWS-StartPortForwardingSession', 'Standard_Stream')).toEqual({
    problems: [
      'sessionType Standard_Stream does not fit documentName AWS-StartPortForwardingSession, which is of Port',
    ],
  });
});
