import type { ReceiptCheck } from '@hawser/receipts';
import { transcriptFormat, verifyTranscript, type TranscriptVerdict } from '@hawser/k8s-sessions/log';
import { knownSigners } from '../receipts/known-signers.js';
import { judged, unreadable, type OwnVerifier } from './receipt.js';

/** Verifies the transcript of a session: every byte and time against the chain, and its end against the receipt in it. */
export const transcriptVerifier: OwnVerifier = {
  kinds: [],
  recognizes: (head) => head.subarray(0, 256).includes(`"format":"${transcriptFormat}"`),
  async verify(path, input) {
    const signers = await knownSigners(input);
    const publicKeys = signers.map(({ publicKey }) => publicKey);
    const verdict = await verifyTranscript(path, { publicKeys }).catch((error: unknown) => {
      const isOfFile = typeof (error as NodeJS.ErrnoException).syscall === 'string';
      throw isOfFile ? unreadable(path, 'transcript', error) : error;
    });
    // The digest of its log was compared with what the transcript holds.
    const receipt = verdict.receipt && judged(verdict.receipt, signers, { log: path });
    return {
      ...(receipt ?? { madeBy: { known: false }, claims: [], checked: [], missing: [] }),
      ok: verdict.ok,
      kind: 'session',
      checked: [...checksOf(verdict), ...(receipt?.checked ?? [])],
      missing: [...(receipt?.missing ?? []), ...missingOf(verdict)],
    };
  },
};

function checksOf(verdict: TranscriptVerdict): readonly ReceiptCheck[] {
  if (verdict.ok) {
    const { bytes, lines, segments } = verdict;
    const text = `${bytes} bytes, ${lines} lines in ${segments} segments: complete and unaltered.`;
    return [{ name: 'transcript', verdict: 'ok', text }];
  }
  const { segment, why, receipt } = verdict;
  if (receipt?.checks.some(({ text }) => text === why)) return [];
  const where = segment === null ? '' : `Segment ${segment} is the first that is wrong. `;
  return [{ name: 'transcript', verdict: 'wrong', text: `${where}${why}` }];
}

function missingOf(verdict: TranscriptVerdict): readonly string[] {
  if (!verdict.ok) return [];
  return [
    ...(verdict.dropped > 0
      ? [`${verdict.dropped} segments of the middle: they were dropped for the limit of the log.`]
      : []),
    ...(verdict.complete ? [] : ['The end of its log: the runner was lost before all of it reached the service.']),
  ];
}
