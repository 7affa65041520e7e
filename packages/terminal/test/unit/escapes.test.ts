import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createEscapeReader, escapeHelp, type EscapeCommand } from '../../src/escapes.js';

/** Observed behaviour of session-manager-plugin 1.2.835.0: chunks typed, what was sent, what happened here. */
const observed: readonly [chunks: string[], sent: (string | null)[], commands: EscapeCommand[]][] = [
  [['hello'], ['hello'], []],
  [['~'], ['~'], []],
  [['~.'], ['~.'], []],
  [['\n', '~'], ['\n', ''], []],
  [['\n', '~', '?'], ['\n', '', ''], ['help']],
  [['\n', '~', '-', '\n', '~'], ['\n', '', '', '\n', '~'], ['disable']],
  [['\n', '~', '~'], ['\n', '', '~'], []],
  [['\n', '~', 'x'], ['\n', '', '~x'], []],
  [['\n~?'], ['\n'], ['help']],
  [['\r', '~'], ['\r', ''], []],
  [['abc\n'], ['abc\n'], []],
  [['\n', 'a', '~.'], ['\n', 'a', '~.'], []],
  [['\n~~'], ['\n~'], []],
  [['\n~-rest\n~.'], ['\nrest\n~.'], ['disable']],
  [['\r~.'], [null], ['terminate']],
  [['\n~?~.'], ['\n~.'], ['help']],
  [['\n\r~~x'], ['\n\r~x'], []],
  [['ab\r~.cd'], [null], ['terminate']],
];

test.each(observed)('reads %j as the original plugin does', (chunks, sent, commands) => {
  const reader = createEscapeReader();
  const typed = chunks.map((chunk) => reader.read(Buffer.from(chunk)));
  expect(typed.flatMap((part) => part.commands)).toEqual(commands);
  // Whatever was typed beside a `~.` is of no meaning any more.
  const told = typed.map((part, index) => (sent[index] === null ? null : part.send.toString()));
  expect(told).toEqual(sent);
});

test('a tilde before a newline is sent, and the next line may begin with an escape', () => {
  const reader = createEscapeReader();
  expect(reader.read(Buffer.from('\n~\n~.'))).toMatchObject({ commands: ['terminate'] });
});

test('bytes without a tilde pass unchanged, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
      const reader = createEscapeReader();
      const clean = chunks.map((chunk) => chunk.map((byte) => (byte === 0x7e ? 0x20 : byte)));
      expect(Buffer.concat(clean.map((chunk) => reader.read(chunk).send))).toEqual(Buffer.concat(clean));
    }),
  );
});

test('where the chunks are cut makes no difference', () => {
  const typing = fc
    .array(fc.constantFrom('~', '\n', '\r', '?', '-', 'x'), { maxLength: 40 })
    .map((keys) => keys.join(''));
  fc.assert(
    fc.property(typing, fc.array(fc.nat(40)), (text, cuts) => {
      const whole = createEscapeReader().read(Buffer.from(text));
      const reader = createEscapeReader();
      const edges = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
      const parts = edges.slice(1).map((edge, index) => reader.read(Buffer.from(text.slice(edges[index], edge))));
      expect(Buffer.concat(parts.map(({ send }) => send))).toEqual(whole.send);
      expect(parts.flatMap(({ commands }) => commands)).toEqual(whole.commands);
    }),
  );
});

test('the help names every command', () => {
  for (const command of ['~?', '~.', '~-', '~~']) expect(escapeHelp).toContain(`\r\n${command} `);
  expect(escapeHelp).toContain('\r\nSupported escape sequence commands:\r\n');
});
