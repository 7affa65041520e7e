import { expect, test } from '@jest/globals';
import { readResponse } from '../../src/response.js';

test('members match in any case, and others are ignored', () => {
  const start = { sessionId: 's', streamUrl: 'u', tokenValue: 't' };
  for (const json of [
    '{"SessionId":"s","TokenValue":"t","StreamUrl":"u","ResponseMetadata":{"a":[1]}}',
    '{"sessionId":"s","tokenValue":"t","streamUrl":"u"}',
    '{"SESSIONID":"s","tokenvalue":"t","StreamURL":"u"}',
  ])
    expect(readResponse(json)).toEqual({ start });
});

test('missing and null members are missing', () => {
  expect(readResponse('{"TokenValue":"t","SessionId":null}')).toEqual({ start: { tokenValue: 't' } });
  expect(readResponse('null')).toEqual({ start: {} });
});

test.each([
  ['bad', "invalid character 'b' looking for beginning of value"],
  ['[]', 'json: cannot unmarshal array into Go value of type ssm.StartSessionOutput'],
  ['"x"', 'json: cannot unmarshal string into Go value of type ssm.StartSessionOutput'],
  ['7', 'json: cannot unmarshal number into Go value of type ssm.StartSessionOutput'],
  ['true', 'json: cannot unmarshal bool into Go value of type ssm.StartSessionOutput'],
  [
    '{"sessionId":{}}',
    'json: cannot unmarshal object into Go struct field StartSessionOutput.SessionId of type string',
  ],
  [
    '{"TokenValue":1}',
    'json: cannot unmarshal number into Go struct field StartSessionOutput.TokenValue of type string',
  ],
])('%s is malformed in the words of Go', (json, malformed) => {
  expect(readResponse(json)).toEqual({ malformed });
});
