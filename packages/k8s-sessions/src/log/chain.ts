import { createHash } from 'node:crypto';
import type { SegmentHead } from './types.js';

/** Chain value before the first segment. The epoch is in it, so that segments of two runs never fit together. */
export function chainStart(epoch: string): string {
  return sha256(`hawser session log 1\n${epoch}\n`);
}

/**
 * Chain value behind a segment: SHA-256 of the value before it and the facts of its head, one in a line. Whoever has the
 * last value has, through the digests, every byte, every time and every size before it.
 */
export function chainValue(previous: string, head: Omit<SegmentHead, 'chain' | 'dropped'>): string {
  const { n, from, to, firstLine, lines, sha256: body, indexSha256, startedAtMs } = head;
  return sha256([previous, n, from, to, firstLine, lines, startedAtMs, body, indexSha256, ''].join('\n'));
}

/** SHA-256, lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
