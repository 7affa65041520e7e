import { PassThrough, Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { attachTerminal } from '../../src/attach.js';
import { attachSession } from '../../src/attach-session.js';

test('lets go only when the last of the output was taken', async () => {
  let taken = '';
  const slow = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        taken += chunk.toString();
        done();
      });
    },
  });
  const stdout = new PassThrough();
  stdout.end('the last words');
  const end = await attachTerminal({
    remote: { stdin: new PassThrough(), stdout, resize: () => undefined, ended: Promise.resolve() },
    input: new PassThrough(),
    output: slow,
  });
  expect(end).toEqual({ reason: 'ended' });
  expect(taken).toBe('the last words');
});

test('a session that failed ends like any other, and its streams may break off', async () => {
  const stdout = new PassThrough();
  stdout.destroy(new Error('broke off'));
  const end = await attachTerminal({
    remote: { stdin: new PassThrough(), stdout, resize: () => undefined, ended: Promise.reject(new Error('failed')) },
    input: new PassThrough(),
    output: new PassThrough(),
  });
  expect(end).toEqual({ reason: 'ended' });
});

test('leaves no listener behind', async () => {
  const signals = ['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGTERM', 'SIGHUP', 'SIGCONT'] as const;
  const [input, output, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const count = (): number =>
    signals.reduce((sum, name) => sum + process.listenerCount(name), 0) +
    [input, output, stdin].reduce(
      (sum, stream) => sum + stream.eventNames().reduce((inner, name) => inner + stream.listenerCount(name), 0),
      0,
    );
  const before = count();
  const abort = new AbortController();
  const attached = attachTerminal({
    remote: { stdin, stdout: new PassThrough(), resize: () => undefined, ended: new Promise(() => undefined) },
    input,
    output,
    signal: abort.signal,
  });
  expect(count()).toBeGreaterThan(before);
  abort.abort();
  expect(await attached).toEqual({ reason: 'aborted' });
  expect(count()).toBe(before);
});

test('a session of its own is ended when it is left, and told apart from one that ended', async () => {
  const session = (): Parameters<typeof attachSession<string>>[0] => ({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    resize: () => undefined,
    ended: Promise.resolve('by itself'),
    terminate: () => Promise.resolve('terminated'),
  });
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  const abort = new AbortController();
  const leaving = attachSession(session(), { ...terminal, signal: abort.signal });
  abort.abort();
  expect(await leaving).toEqual({ left: true, end: 'terminated' });

  // Its output breaks off behind a filter, which must end all the same.
  const broken = session();
  const filter = new PassThrough();
  const ended = attachSession(broken, { ...terminal, filter });
  broken.stdout.destroy(new Error('broke off'));
  expect(await ended).toEqual({ left: false, end: 'by itself' });
});
