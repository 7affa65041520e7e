import type { Duplex } from 'node:stream';
import type { Verdict } from './probe.js';

/** How a refusal looks where the link takes connections before it knows. */
export const closedAtOnce: Verdict = {
  ok: false,
  at: 'target',
  message: 'The connection was closed as soon as it was made.',
  hint: 'Check that something listens on this port, and that the far end may forward to it.',
};

/** A connection is well when it says something, or stays open for `settleMs`. */
export async function askTcp(connection: Duplex, settleMs: number): Promise<Verdict> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ ok: true, detail: 'takes connections' }), settleMs);
    const settle = (verdict: Verdict): void => {
      clearTimeout(timer);
      resolve(verdict);
    };
    const closed = (): void => settle(closedAtOnce);
    connection.once('data', () => settle({ ok: true, detail: 'takes connections, and speaks first' }));
    connection.once('end', closed);
    connection.once('close', closed);
  });
}
