import { expect, test } from '@jest/globals';
import { parseArgv } from '../../src/argv.js';

const response = '{"SessionId":"s","TokenValue":"t","StreamUrl":"ws://127.0.0.1:1/x"}';

test('no word at all is the probe of ecs execute-command', () => {
  expect(parseArgv([])).toEqual({
    do: 'print',
    text: '\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n',
  });
});

test('a lone --version asks for the version', () => {
  expect(parseArgv(['--version'])).toEqual({ do: 'version' });
});

test.each([[['version']], [['version', 'us-east-1']], [['--bogus']], [['toString']]])(
  '%j is an unknown operation',
  (words) => {
    expect(parseArgv(words)).toEqual({
      do: 'print',
      text: `\nUnknown operation ${words[0]}. \nUse session-manager-plugin --version to check the version.\n\n`,
    });
  },
);

test('three to six words are a start as the AWS CLI asks for it', () => {
  const words = [response, 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'];
  const call = {
    response: { json: response },
    region: 'us-east-1',
    operation: 'StartSession',
    profile: '',
    request: '{"Target":"i-1"}',
    endpointUrl: 'https://x',
  };
  expect(parseArgv(words)).toEqual({ do: 'drop-in', call });
  expect(parseArgv([...words, 'more'])).toEqual({ do: 'drop-in', call });
  expect(parseArgv(words.slice(0, 3))).toEqual({
    do: 'drop-in',
    call: { ...call, profile: undefined, request: undefined, endpointUrl: undefined },
  });
});

test('a first word with the prefix names an environment variable, any other is the response', () => {
  const rest = ['us-east-1', 'StartSession'];
  for (const name of ['AWS_SSM_START_SESSION_RESPONSE', 'AWS_SSM_START_SESSION_RESPONSE_2'])
    expect(parseArgv([name, ...rest])).toMatchObject({ call: { response: { variable: name } } });
  expect(parseArgv(['WRONG_ENV_NAME', ...rest])).toMatchObject({ call: { response: { json: 'WRONG_ENV_NAME' } } });
});

test.each([
  [['-']],
  [[response]],
  [[` \n${response}`]],
  [['--session-id', 's']],
  [['--session-id=s']],
  [['--bogus', '--session-id=s', 'x']],
  [[response, '--region', 'eu-west-1']],
  [['--verbose']],
  [['-v', '-']],
  [['-h']],
  [['--help']],
])('%j is our own form', (words) => {
  expect(parseArgv(words)).toEqual({ do: 'own-form', words });
});
