import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { constants, createDeflate } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSpdySession, type SpdyHeaders, type SpdySession, type SpdyStream } from '@hawser/kube-client/spdy';
import { spdyDictionary } from '../../src/spdy/dictionary.js';
import { createHeaderReader, createHeaderWriter } from '../../src/spdy/headers.js';

describe('header blocks', () => {
  test('come back as they were written, one after the other', () => {
    const headers = fc.dictionary(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(headers, { minLength: 1, maxLength: 5 }), (blocks) => {
        const [write, read] = [createHeaderWriter(), createHeaderReader()];
        for (const block of blocks) expect({ ...read(write(block)) }).toEqual({ ...block });
      }),
    );
  });

  test('of a sender that compresses against the dictionary are read, with what came before', async () => {
    const deflate = createDeflate({ dictionary: spdyDictionary, level: 9 });
    const read = createHeaderReader();
    for (const port of ['8080', '8081', '9090']) {
      const parts: Buffer[] = [];
      deflate.on('data', (part: Buffer) => parts.push(part));
      deflate.write(plainBlock({ streamtype: 'data', port, requestid: '0' }));
      await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
      deflate.removeAllListeners('data');
      expect(read(Buffer.concat(parts))).toEqual({ streamtype: 'data', port, requestid: '0' });
    }
    deflate.destroy();
  });

  test('that are no blocks are refused, and do not grow without end', () => {
    const bomb = Buffer.concat([Buffer.from([0x78, 0x01]), Buffer.alloc(100, 0xff)]);
    expect(() => createHeaderReader()(bomb)).toThrow('invalid');
    const tooLong = createHeaderWriter()({ name: 'x'.repeat(60_000) });
    tooLong.writeUInt32BE(70_000, tooLong.indexOf('name') + 4);
    expect(() => createHeaderReader()(tooLong)).toThrow(RangeError);
  });
});

describe('a session', () => {
  test('carries streams both ways, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        fc.uint8Array({ maxLength: 5_000 }),
        async (cuts, bytes) => {
          const { client } = pair(cuts, (stream) => stream.pipe(stream));
          const stream = client.open({ streamtype: 'data' });
          stream.end(Buffer.from(bytes));
          expect(Buffer.compare(await buffer(stream), Buffer.from(bytes))).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('keeps streams apart, and tells their headers', async () => {
    const seen: SpdyHeaders[] = [];
    const { client } = pair([7], (stream) => {
      seen.push(stream.headers);
      stream.resume().end(stream.headers['port']);
    });
    const streams = ['1', '2', '3'].map((port) => client.open({ port }));
    for (const stream of streams) stream.end();
    expect((await Promise.all(streams.map(buffer))).map(String)).toEqual(['1', '2', '3']);
    expect(seen).toEqual([{ port: '1' }, { port: '2' }, { port: '3' }]);
  });

  test('resets what is given up, and answers pings', async () => {
    let tell: ((error: Error) => void) | undefined;
    const broken = new Promise<Error>((resolve) => (tell = resolve));
    const { client, toServer } = pair([100], (stream) => stream.on('error', (error) => tell?.(error)));
    client.open({}).destroy();
    expect((await broken).message).toContain('reset (5)');
    const answers = toServer(Buffer.from('800300060000000400000001', 'hex'));
    expect(answers.at(-1)?.toString('hex')).toBe('800300060000000400000001');
  });

  test('refuses streams it did not ask for', async () => {
    const sent: Buffer[] = [];
    const carrier = {
      send: (bytes: Buffer, done: () => void) => {
        sent.push(bytes);
        done();
      },
      pause: ignore,
      resume: ignore,
    };
    const client = createSpdySession({ role: 'client', carrier });
    const block = createHeaderWriter()({});
    const head = Buffer.from('800300010000000000000002000000000000', 'hex');
    head.writeUIntBE(10 + block.length, 5, 3);
    client.receive(Buffer.concat([head, block]));
    expect(sent.map((frame) => frame.toString('hex'))).toEqual(['80030003000000080000000200000002']);
  });

  test('holds its carrier up while a stream is not read, and goes on when it is', async () => {
    const calls: string[] = [];
    const client = createSpdySession({
      role: 'client',
      carrier: { send: ignore, pause: () => calls.push('pause'), resume: () => calls.push('resume') },
    });
    const stream = client.open({});
    const part = Buffer.alloc(600_000, 7);
    const frame = Buffer.concat([Buffer.from('00000001000927c0', 'hex'), part]);
    client.receive(frame);
    client.receive(frame);
    expect(calls).toEqual(['pause']);
    await once(stream.resume(), 'data');
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toEqual(['pause', 'resume']);
    client.destroy();
  });

  test('breaks, or ends, streams with their carrier', async () => {
    const { client } = pair([100], (stream) => stream.resume());
    const broken = client.open({});
    const error = once(broken, 'error');
    client.destroy(new Error('gone'));
    expect(await error).toMatchObject([{ message: 'gone' }]);
    const { client: other } = pair([100], (stream) => stream.resume());
    const ended = other.open({});
    other.destroy();
    await once(ended.resume(), 'end');
    const writing = once(ended, 'error');
    ended.write('x');
    expect(await writing).toMatchObject([{ message: 'The session is over.' }]);
  });

  test('throws at what is not SPDY, and never holds more than a frame', () => {
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(garbage, { maxLength: 10 }), (parts) => {
        const carrier = { send: ignore, pause: ignore, resume: ignore };
        const session = createSpdySession({ role: 'client', carrier });
        session.open({}).on('error', ignore);
        for (const part of parts) {
          try {
            session.receive(Buffer.from(part));
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            return;
          }
        }
      }),
    );
    const receive = (hex: string): void => {
      const carrier = { send: ignore, pause: ignore, resume: ignore };
      createSpdySession({ role: 'client', carrier }).receive(Buffer.from(hex, 'hex'));
    };
    expect(() => receive('8003000400ffffff')).toThrow('too long');
    expect(() => receive('8002000400000001')).toThrow('not SPDY 3');
  });
});

/** Two sessions, joined; bytes go in pieces of the sizes given. */
function pair(
  cuts: readonly number[],
  onStream: (stream: SpdyStream) => void,
): { readonly client: SpdySession; readonly toServer: (bytes: Buffer) => readonly Buffer[] } {
  const answers: Buffer[] = [];
  let turn = 0;
  const carry = (to: () => SpdySession, bytes: Buffer, done: (error?: Error | null) => void): void => {
    setImmediate(() => {
      for (let at = 0; at < bytes.length;) {
        const size = cuts[turn++ % cuts.length] as number;
        to().receive(bytes.subarray(at, at + size));
        at += size;
      }
      done();
    });
  };
  const flow = { pause: ignore, resume: ignore };
  const client: SpdySession = createSpdySession({
    role: 'client',
    carrier: { ...flow, send: (bytes, done) => carry(() => server, bytes, done) },
  });
  const server: SpdySession = createSpdySession({
    role: 'server',
    carrier: {
      ...flow,
      send: (bytes, done) => {
        answers.push(bytes);
        carry(() => client, bytes, done);
      },
    },
    onStream: (stream) => {
      stream.on('error', ignore);
      onStream(stream);
    },
  });
  return {
    client,
    toServer: (bytes) => {
      server.receive(bytes);
      return answers;
    },
  };
}

function plainBlock(headers: SpdyHeaders): Buffer {
  const parts = Object.entries(headers)
    .flat()
    .flatMap((text) => [uint32(text.length), Buffer.from(text)]);
  return Buffer.concat([uint32(Object.keys(headers).length), ...parts]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function ignore(): void {}
