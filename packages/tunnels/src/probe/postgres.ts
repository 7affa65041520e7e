import type { Duplex } from 'node:stream';
import type { Verdict } from './probe.js';

/** SSLRequest: a length of 8, then 80877103. PostgreSQL documentation, "Message Formats". */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Errors are short texts; more than this is not an answer of PostgreSQL. */
const ANSWER_LIMIT = 8 * 1024;

/**
 * Asks whether the server speaks TLS, as every client does first. `S` and `N` are the answers of a server that takes
 * connections; an error comes from one that cannot serve. PostgreSQL documentation, "SSL Session Encryption".
 */
export async function askPostgres(connection: Duplex): Promise<Verdict> {
  return await new Promise((resolve) => {
    let answer: Buffer = Buffer.alloc(0);
    connection.on('data', (chunk: Buffer) => {
      if (answer.length < ANSWER_LIMIT) answer = Buffer.concat([answer, chunk]).subarray(0, ANSWER_LIMIT);
      const verdict = judge(answer, false);
      if (verdict) resolve(verdict);
    });
    const closed = (): void => resolve(judge(answer, true) ?? silent);
    connection.once('end', closed);
    connection.once('close', closed);
    connection.write(SSL_REQUEST);
  });
}

const silent: Verdict = {
  ok: false,
  at: 'target',
  message: 'The connection was closed without an answer to the greeting of a PostgreSQL client.',
  hint: 'Check that PostgreSQL listens on this port, and that the far end may forward to it.',
};

function judge(answer: Buffer, isAll: boolean): Verdict | undefined {
  const first = answer.toString('latin1', 0, 1);
  if (first === 'S') return { ok: true, detail: 'PostgreSQL answers, with TLS' };
  if (first === 'N') return { ok: true, detail: 'PostgreSQL answers, without TLS' };
  if (first === '') return undefined;
  if (first !== 'E') {
    return {
      ok: false,
      at: 'application',
      message: `What answers does not speak PostgreSQL: its answer begins with byte 0x${answer.toString('hex', 0, 1)}.`,
      hint: 'Check that the target is the port of the database, not of something before it.',
    };
  }
  const complete = answer.length >= 5 && answer.length >= 1 + answer.readUInt32BE(1);
  if (!complete && !isAll && answer.length < ANSWER_LIMIT) return undefined;
  return {
    ok: false,
    at: 'application',
    message: `PostgreSQL refuses connections: ${errorText(answer)}`,
    hint: 'Read the log of the database; it may be starting, stopping or full.',
  };
}

/** The field `M` of an ErrorResponse; servers before version 3 of the protocol send bare text. */
function errorText(answer: Buffer): string {
  const text = answer.toString('utf8', 5);
  const field = text.split('\0').find((part) => part.startsWith('M'));
  const words = field ? field.slice(1) : answer.toString('utf8', 1);
  // Bytes from afar go to terminals.
  return (
    words
      .replace(/[^\P{C}]/gu, ' ')
      .trim()
      .slice(0, 300) || 'no reason is given'
  );
}
