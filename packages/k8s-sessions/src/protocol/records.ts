import { Fields } from './fields.js';
import type { Hello } from './frames.js';
import { exitReasons, sessionStates } from './states.js';
import type { ExitRecord } from './types.js';

const signalName = /^SIG[A-Z0-9+]{1,12}$/u;
const hexDigest = /^[0-9a-f]{64}$/u;

/** Names of signals as frames and exit records carry them, such as `SIGTERM`. */
export function signalOf(fields: Fields, name: string): string {
  return fields.text(name, signalName);
}

/** An exit record out of parsed JSON. */
export function readExitRecord(value: unknown): ExitRecord {
  const exit = new Fields('exit', value);
  return {
    reason: exit.oneOf('reason', exitReasons),
    code: exit.countOrNull('code', 0, 255),
    signal: exit.textOrNull('signal', signalName),
    offset: exit.count('offset'),
    digest: exit.textOrNull('digest', hexDigest),
    ...(exit.has('message') ? { message: exit.text('message') } : {}),
    ...(exit.has('leftBehind') ? { leftBehind: exit.count('leftBehind') } : {}),
  };
}

/** What is said first, out of parsed JSON. */
export function readHello(value: unknown): Hello {
  const hello = new Fields('hello', value);
  return {
    protocol: hello.oneOf('protocol', ['tsess.v1']),
    session: hello.text('session'),
    epoch: hello.text('epoch'),
    state: hello.oneOf('state', sessionStates),
    detail: hello.textOrNull('detail'),
    role: hello.oneOf('role', ['control', 'view']),
    viewer: hello.text('viewer'),
    size: hello.size('size'),
    head: hello.count('head'),
    first: hello.count('first'),
    lines: hello.count('lines'),
    lastInputSeq: hello.count('lastInputSeq'),
    archived: hello.flag('archived'),
    command: hello.text('command'),
    startedAt: hello.textOrNull('startedAt'),
  };
}
