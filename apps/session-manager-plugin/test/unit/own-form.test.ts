import { expect, test } from '@jest/globals';
import { readMembers } from '../../src/members.js';
import { help, parseOwnForm } from '../../src/own-form.js';

test('every option with a value sets its member, in both spellings', () => {
  const options: Record<string, string> = {
    '--session-id': 'sessionId',
    '--stream-url': 'streamUrl',
    '--token-value': 'tokenValue',
    '--target': 'target',
    '--document-name': 'documentName',
    '--session-type': 'sessionType',
    '--client-id': 'clientId',
    '--parameters': 'parameters',
    '--profile': 'profile',
    '--region': 'region',
    '--endpoint-url': 'endpointUrl',
    '--log-file': 'logFile',
  };
  for (const [option, member] of Object.entries(options)) {
    expect(parseOwnForm([option, 'a=b'])).toMatchObject({ given: { [member]: 'a=b' }, problems: [] });
    expect(parseOwnForm([`${option}=a=b`])).toMatchObject({ given: { [member]: 'a=b' }, problems: [] });
    expect(parseOwnForm([option])).toMatchObject({ problems: [`${option} needs a value`] });
    expect(help).toContain(`  ${option} `);
  }
});

test('flags are set, and each is in the help', () => {
  expect(parseOwnForm(['--verbose', '--quiet', '--exit-code']).given).toEqual({
    verbose: true,
    quiet: true,
    exitCode: true,
  });
  expect(parseOwnForm(['-v', '-h']).given).toEqual({ verbose: true, help: true });
  for (const flag of ['-v, --verbose', '--quiet', '--exit-code', '-h, --help']) expect(help).toContain(`  ${flag} `);
});

test('the last of repeated options counts', () => {
  expect(parseOwnForm(['--region', 'a', '--region', 'b']).given.region).toBe('b');
});

test('a value may look like an option', () => {
  expect(parseOwnForm(['--session-id', '--verbose', '--stream-url=ws://x'])).toMatchObject({
    given: { sessionId: '--verbose', streamUrl: 'ws://x' },
  });
});

test.each([
  [['-'], 'stdin'],
  [['-', '--verbose'], 'stdin'],
  [['--verbose'], 'stdin-unless-terminal'],
  [['--region', 'eu-west-1', '--target', 'i-1'], 'stdin-unless-terminal'],
  [['--session-id', 's'], undefined],
  [['--token-value', 's'], undefined],
  [['--stream-url', 's', '--verbose'], undefined],
  [['--help'], undefined],
  [['{}', '--verbose'], { word: '{}' }],
])('the response of %j is looked for at %j', (words, json) => {
  expect(parseOwnForm(words).json).toEqual(json);
});

test('everything wrong with the words is named at once, without giving a token away', () => {
  expect(parseOwnForm(['--bogus', '{}', 'a-very-secret-token', '-x', '--region']).problems).toEqual([
    'Unknown option: --bogus',
    'Unexpected argument: a-very-s…',
    'Unknown option: -x',
    '--region needs a value',
  ]);
});

test('members of the JSON match in any case, and unknown ones are ignored', () => {
  const json = JSON.stringify({
    SessionId: 's',
    streamurl: 'ws://x',
    TOKENVALUE: 't',
    Target: 'i-1',
    parameters: { portNumber: ['80'] },
    verbose: true,
    logFile: null,
    ResponseMetadata: { RequestId: 'r' },
  });
  expect(readMembers(json)).toEqual({
    given: {
      sessionId: 's',
      streamUrl: 'ws://x',
      tokenValue: 't',
      target: 'i-1',
      parameters: '{"portNumber":["80"]}',
      verbose: true,
    },
    problems: [],
  });
});

test('members of a wrong kind and texts that are no JSON are named without quoting them', () => {
  expect(readMembers('{"sessionId":7,"verbose":"yes","target":{}}').problems).toEqual([
    'sessionId must be a string',
    'verbose must be a boolean',
    'target must be a string',
  ]);
  expect(readMembers('{"tokenValue":"secret-token" oops}').problems).toEqual([
    "Error parsing JSON input: invalid character 'o' after object key:value pair",
  ]);
  expect(readMembers('[]').problems).toEqual(['Error parsing JSON input: it is no object']);
});
