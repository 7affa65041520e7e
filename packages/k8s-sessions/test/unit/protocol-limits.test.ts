import { describe, expect, test } from '@jest/globals';
import {
  decodeClientFrame,
  decodeServerFrame,
  decodeTtydClientMessage,
  decodeTtydServerMessage,
  encodeClientFrame,
  encodeServerFrame,
  encodeTtydClientMessage,
  maxClientFrameBytes,
  maxHistoryLines,
  maxInputBytes,
  maxServerFrameBytes,
  maxTtydMessageBytes,
  parseSince,
  isOver,
  sessionStates,
} from '../../src/protocol/index.js';
import type { ServerFrame } from '../../src/protocol/index.js';
import { Fields } from '../../src/protocol/fields.js';
import { readExitRecord } from '../../src/protocol/records.js';
import { aHello } from '../support/client-model.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (opcode: number, body: unknown): Uint8Array =>
  utf8(String.fromCodePoint(opcode) + (typeof body === 'string' ? body : JSON.stringify(body)));

/** What a decoder says of what it does not take. */
function refusal(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string {
  try {
    decode(bytes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'HAWSER_SESSIONS_PROTOCOL_VIOLATED' });
    return (error as Error).message;
  }
  throw new Error(`It was taken: ${Buffer.from(bytes).toString('latin1').slice(0, 80)}`);
}

const byServer = (bytes: Uint8Array): string => refusal(decodeServerFrame, bytes);
const byClient = (bytes: Uint8Array): string => refusal(decodeClientFrame, bytes);

/** A frame of an opcode, a number in hexadecimal digits, and what follows. */
const numbered = (opcode: number, digits: string, ...rest: readonly number[]): Uint8Array =>
  Uint8Array.of(opcode, ...Buffer.from(digits, 'hex'), ...rest);

describe('a number of a frame', () => {
  test('goes up to 2^53 − 1', () => {
    const most = { type: 'ready', offset: Number.MAX_SAFE_INTEGER } as const;
    expect(Buffer.from(encodeServerFrame(most)).toString('hex')).toBe('05001fffffffffffff');
    expect(decodeServerFrame(numbered(0x05, '001fffffffffffff'))).toEqual(most);
    expect(byServer(numbered(0x05, '0020000000000000'))).toBe('A frame carries a number beyond 2^53 − 1.');
    for (const offset of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(refusal(() => encodeServerFrame({ type: 'ready', offset }), new Uint8Array())).toBe(
        `A frame cannot carry the number ${offset}.`,
      );
    }
    expect(decodeServerFrame(encodeServerFrame({ type: 'ready', offset: 0 }))).toEqual({ type: 'ready', offset: 0 });
  });

  test('has eight bytes, and nothing behind it where nothing belongs', () => {
    expect(byServer(numbered(0x05, '00000000000000'))).toBe('A frame is cut off.');
    expect(byServer(numbered(0x03, '00000000000000'))).toBe('A frame is cut off.');
    for (const opcode of [0x05, 0x0b, 0x0c])
      expect(byServer(numbered(opcode, '0000000000000001', 0))).toBe('A frame is longer than it may be.');
    for (const opcode of [0x44, 0x48])
      expect(byClient(numbered(opcode, '0000000000000001', 0))).toBe('A frame is longer than it may be.');
    expect(decodeServerFrame(numbered(0x03, '0000000000000001'))).toEqual({
      type: 'out',
      offset: 1,
      data: new Uint8Array(),
    });
  });

  test('does not stand in a greeting, which is JSON', () => {
    const { hello: said } = decodeServerFrame(json(0x01, hello({}))) as Extract<ServerFrame, { type: 'hello' }>;
    expect(said).toEqual(hello({}));
    expect(encodeServerFrame({ type: 'hello', hello: said })).toEqual(json(0x01, hello({})));
  });

  test('is read where the frame lies in a larger buffer', () => {
    const whole = Uint8Array.of(9, 9, 9, ...numbered(0x04, '0000000000000007', 0, 80, 0, 24), 9);
    expect(decodeServerFrame(whole.subarray(3, 16))).toEqual({
      type: 'size',
      offset: 7,
      size: { cols: 80, rows: 24 },
    });
  });
});

describe('a size of a frame', () => {
  const sized = (cols: number, rows: number, ...rest: number[]): Uint8Array =>
    numbered(0x04, '0000000000000000', cols >> 8, cols & 0xff, rows >> 8, rows & 0xff, ...rest);

  test('has 1 to 1,000 columns and rows', () => {
    for (const [cols, rows] of [
      [1, 1000],
      [1000, 1],
    ] as const) {
      expect(decodeServerFrame(sized(cols, rows))).toEqual({ type: 'size', offset: 0, size: { cols, rows } });
      expect(decodeServerFrame(json(0x01, hello({ size: { cols, rows } })))).toMatchObject({
        hello: { size: { cols, rows } },
      });
    }
    for (const [cols, rows] of [
      [0, 24],
      [80, 0],
      [1001, 24],
      [80, 1001],
    ] as const) {
      expect(byServer(sized(cols, rows))).toBe(`A frame names a terminal of ${cols}×${rows}.`);
      expect(byServer(json(0x01, hello({ size: { cols, rows } })))).toMatch(/^A frame "hello.size" has no valid "/u);
    }
  });

  test('has four bytes, and nothing behind it where nothing belongs', () => {
    expect(byServer(sized(80, 24).subarray(0, 12))).toBe('A frame is cut off.');
    expect(byServer(Uint8Array.of(0x02, ...sized(80, 24).subarray(1, 12)))).toBe('A frame is cut off.');
    expect(byServer(sized(80, 24, 0))).toBe('A frame is longer than it may be.');
  });
});

describe('a frame', () => {
  test('of the server may be so long, and no longer', () => {
    const longest = new Uint8Array(maxServerFrameBytes + 1);
    longest[0] = 0x03;
    expect(decodeServerFrame(longest.subarray(0, -1))).toMatchObject({ type: 'out', offset: 0 });
    expect(byServer(longest)).toBe(`A frame of ${maxServerFrameBytes + 1} bytes is longer than it may be.`);
  });

  test('of the client may be so long, and no longer, of which input is a part', () => {
    const padded = (length: number): Uint8Array => {
      const bytes = new Uint8Array(length).fill(0x20);
      bytes.set(json(0x45, { action: 'take' }));
      return bytes;
    };
    expect(decodeClientFrame(padded(maxClientFrameBytes))).toEqual({ type: 'lease', action: 'take' });
    expect(byClient(padded(maxClientFrameBytes + 1))).toBe(
      `A frame of ${maxClientFrameBytes + 1} bytes is longer than it may be.`,
    );
    const pasted = encodeClientFrame({ type: 'in', seq: 1, data: new Uint8Array(maxInputBytes) });
    expect(decodeClientFrame(pasted)).toMatchObject({ type: 'in', seq: 1 });
    expect(byClient(Uint8Array.of(...pasted, 0))).toBe('A frame "in" has a wrong sequence or length.');
  });

  test('says which opcode nobody knows', () => {
    expect(byServer(new Uint8Array())).toBe('A frame is empty.');
    expect(byClient(new Uint8Array())).toBe('A frame is empty.');
    expect(byServer(json(0x0e, {}))).toBe('A frame begins with the unknown opcode 0x0e.');
    expect(byClient(json(0x49, {}))).toBe('A frame begins with the unknown opcode 0x49.');
    // One side's frames are none of the other's.
    expect(byServer(json(0x45, { action: 'take' }))).toBe('A frame begins with the unknown opcode 0x45.');
    expect(byClient(json(0x0a, { retryAfterMs: 1 }))).toBe('A frame begins with the unknown opcode 0x0a.');
  });

  test('of JSON holds an object in UTF-8, and says what it does not hold', () => {
    for (const body of ['null', '[]', '"text"', '1'])
      expect(byServer(json(0x0a, body))).toBe('A frame "going-away" holds no JSON object.');
    expect(byServer(json(0x0a, '{'))).toBe('A frame holds text that is not JSON.');
    expect(byServer(Uint8Array.of(0x0a, 0xff))).toBe('A frame holds text that is not UTF-8.');
    expect(() => decodeServerFrame(json(0x0a, '{'))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ name: 'SyntaxError' }) }),
    );
    expect(() => decodeServerFrame(Uint8Array.of(0x0a, 0xff))).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ name: 'TypeError' }) }),
    );
  });
});

describe('a field', () => {
  test('that counts has its least and its most', () => {
    for (const retryAfterMs of [0, 3_600_000])
      expect(decodeServerFrame(json(0x0a, { retryAfterMs }))).toEqual({ type: 'going-away', retryAfterMs });
    for (const retryAfterMs of [-1, 3_600_001, 1.5, '1', null, undefined])
      expect(byServer(json(0x0a, { retryAfterMs }))).toBe('A frame "going-away" has no valid "retryAfterMs".');
    const lease = { holder: null, mine: false };
    expect(decodeServerFrame(json(0x08, { ...lease, viewers: Number.MAX_SAFE_INTEGER }))).toMatchObject({
      viewers: Number.MAX_SAFE_INTEGER,
    });
    for (const viewers of [-1, 2 ** 53]) expect(byServer(json(0x08, { ...lease, viewers }))).toMatch('"viewers"');
  });

  test('of yes or no is neither a word nor missing', () => {
    for (const mine of ['true', 1, null, undefined])
      expect(byServer(json(0x08, { holder: null, mine, viewers: 1 }))).toBe('A frame "lease" has no valid "mine".');
  });

  test('of text may be so long, and is text', () => {
    const note = { level: 'info', code: 'x' };
    const text = 'x'.repeat(131_072);
    expect(decodeServerFrame(json(0x09, { ...note, text }))).toEqual({ type: 'note', ...note, text });
    for (const wrong of [`${text}x`, 7, null, undefined, ['x']])
      expect(byServer(json(0x09, { ...note, text: wrong }))).toBe('A frame "note" has no valid "text".');
    expect(byServer(json(0x09, { ...note, level: 'error', text }))).toBe('A frame "note" has no valid "level".');
  });

  test('that may be null may not be missing', () => {
    expect(byServer(json(0x06, { state: 'running' }))).toBe('A frame "phase" has no valid "detail".');
    expect(byServer(json(0x06, { state: 'running', detail: 7 }))).toBe('A frame "phase" has no valid "detail".');
    const attach = { since: null, visible: true, want: 'view' };
    expect(byClient(json(0x41, attach))).toBe('A frame "attach.size" holds no JSON object.');
    expect(byClient(json(0x41, { ...attach, size: null, tab: '' }))).toBe('A frame "attach" has no valid "tab".');
    expect(byClient(json(0x41, { ...attach, size: null, whole: 1 }))).toBe('A frame "attach" has no valid "whole".');
    expect(byClient(json(0x41, { ...attach, size: null, since: 'x' }))).toBe('A frame "attach" has no valid "since".');
  });

  test('of lines holds texts, and so many', () => {
    const history = { id: 1, firstLine: 0, total: 5 };
    const lines = Array.from({ length: maxHistoryLines }, () => 'x');
    expect(decodeServerFrame(json(0x0d, { ...history, lines }))).toEqual({ type: 'history', ...history, lines });
    for (const wrong of [[...lines, 'x'], ['x', 7], 'xx', { length: 1 }, null])
      expect(byServer(json(0x0d, { ...history, lines: wrong }))).toBe('A frame "history" has no valid "lines".');
  });

  test('is the object’s own', () => {
    const fields = new Fields('frame', Object.assign(Object.create({ inherited: 'x' }) as object, { none: undefined }));
    expect([fields.has('inherited'), fields.has('none'), fields.has('toString')]).toEqual([false, false, false]);
    expect(() => fields.text('inherited')).toThrow('A frame "frame" has no valid "inherited".');
  });
});

describe('an exit record', () => {
  const exit = { reason: 'nonzero', code: 3, signal: null, offset: 5, digest: null } as const;

  test('has an exit code of one byte, a signal by its name, and a digest', () => {
    for (const code of [0, 255, null]) expect(readExitRecord({ ...exit, code })).toEqual({ ...exit, code });
    for (const code of [-1, 256]) expect(() => readExitRecord({ ...exit, code })).toThrow('"exit" has no valid "code"');
    for (const signal of ['TERM', 'xSIGTERM', 'SIGTERM;', 'SIG', 'SIGABCDEFGHIJKLM'])
      expect(() => readExitRecord({ ...exit, signal })).toThrow('"exit" has no valid "signal"');
    const digest = 'ab'.repeat(32);
    expect(readExitRecord({ ...exit, digest, signal: 'SIGRTMIN+15' })).toMatchObject({ digest, signal: 'SIGRTMIN+15' });
    for (const wrong of ['ab', `${digest}a`, `a${digest}`, digest.toUpperCase()])
      expect(() => readExitRecord({ ...exit, digest: wrong })).toThrow('"exit" has no valid "digest"');
  });

  test('says more only where there is more', () => {
    expect(Object.keys(readExitRecord(exit))).toEqual(Object.keys(exit));
    const more = { ...exit, message: 'It is gone.', leftBehind: 0 };
    expect(readExitRecord(more)).toEqual(more);
  });
});

test('lines are asked for up to a thousand at once, anywhere', () => {
  const asked = (from: number, to: number): Uint8Array => json(0x47, { id: 1, from, to });
  for (const [from, to] of [
    [5, 5],
    [5, 1005],
    [Number.MAX_SAFE_INTEGER - 5, Number.MAX_SAFE_INTEGER],
  ] as const) {
    expect(decodeClientFrame(asked(from, to))).toEqual({ type: 'history', id: 1, from, to });
  }
  for (const [from, to] of [
    [5, 4],
    [5, 1006],
  ] as const) {
    expect(byClient(asked(from, to))).toBe('A frame "history" has no valid "to".');
  }
});

test('a place in the log has a name and an offset of their lengths', () => {
  const name = 'e'.repeat(128);
  expect(parseSince(`${name}:0000000000000007`)).toEqual({ epoch: name, offset: 7 });
  expect(parseSince(`a:${Number.MAX_SAFE_INTEGER}`)).toEqual({ epoch: 'a', offset: Number.MAX_SAFE_INTEGER });
  for (const wrong of [`${name}e:7`, 'a:00000000000000007', 'a:9007199254740992', ' a:1', 'a:1 ', 'a:x'])
    expect(parseSince(wrong)).toBeUndefined();
});

test('a session is over from its exit on', () => {
  expect(sessionStates.filter((state) => isOver(state))).toEqual(['exited', 'archived', 'expired']);
});

describe('a message of ttyd', () => {
  const byTtyd = (text: string): string => refusal(decodeTtydClientMessage, utf8(text));

  test('of the client may be so long, and no longer', () => {
    const longest = new Uint8Array(maxTtydMessageBytes + 1).fill(0x30);
    expect(decodeTtydClientMessage(longest.subarray(1))).toMatchObject({ type: 'input' });
    expect(byTtyd(Buffer.from(longest).toString())).toBe('A frame of 1048577 bytes is longer than it may be.');
  });

  test('that opens needs no token, and a size in both directions', () => {
    expect(decodeTtydClientMessage(utf8('{}'))).toEqual({ type: 'open', authToken: '', size: null });
    for (const body of [{ columns: 80 }, { rows: 24 }, { columns: 80, rows: 0 }, { columns: 0, rows: 24 }])
      expect(decodeTtydClientMessage(utf8(JSON.stringify(body)))).toEqual({ type: 'open', authToken: '', size: null });
    expect(decodeTtydClientMessage(utf8('{"columns":1000,"rows":1000}'))).toMatchObject({
      size: { cols: 1000, rows: 1000 },
    });
    expect(byTtyd('{"AuthToken":7}')).toBe('A frame "open" has no valid "AuthToken".');
    expect(byTtyd('{"columns":1001,"rows":1}')).toBe('A frame "open" has no valid "columns".');
    expect(byTtyd('{"columns":1,"rows":1001}')).toBe('A frame "open" has no valid "rows".');
    expect(Buffer.from(encodeTtydClientMessage({ type: 'open', authToken: 'x', size: null })).toString()).toBe(
      '{"AuthToken":"x"}',
    );
  });

  test('that resizes names cells', () => {
    expect(decodeTtydClientMessage(utf8('1{"columns":1,"rows":1}'))).toMatchObject({ size: { cols: 1, rows: 1 } });
    for (const body of ['{"columns":0,"rows":5}', '{"columns":5,"rows":0}'])
      expect(byTtyd(`1${body}`)).toBe('A frame "resize" names a terminal without cells.');
    expect(byTtyd('4')).toBe('A frame of ttyd begins with an unknown opcode.');
  });

  test('of the server is text, an object, or bytes', () => {
    const byServerOf = (text: string): string => refusal(decodeTtydServerMessage, utf8(text));
    for (const body of ['null', '[]', '"x"', '7'])
      expect(byServerOf(`2${body}`)).toBe('A frame "preferences" holds no JSON object.');
    expect(byServerOf('3')).toBe('A frame of ttyd begins with an unknown opcode.');
    expect(decodeTtydServerMessage(utf8('1x'))).toEqual({ type: 'title', title: 'x' });
    // What begins with a byte order mark keeps it.
    expect(decodeTtydServerMessage(utf8('1\uFEFFx'))).toEqual({ type: 'title', title: '\uFEFFx' });
  });
});

function hello(change: object): object {
  return { ...aHello, ...change };
}
