import { createHash } from 'node:crypto';
import { formatSnapshot, type Report } from '@hawser/contexts/arc';
import { issueReceipt, writeReceipt } from '../receipts/issue.js';
import type { VerifiedOrReplayed } from './run-verify.js';

/** Where a receipt goes, and as whose. */
export interface ReceiptPlace {
  readonly path: string;
  readonly dataDir: string;
  readonly version: string;
}

/**
 * Signs a verdict on runners, with the digest of the recording it is a verdict on, as `evidence/snapshot.json` and
 * `arc record` hold it.
 *
 * @throws CliError HAWSER_RECEIPT_FILE
 */
export async function writeArcReceipt(
  { report, snapshot }: VerifiedOrReplayed,
  { path, dataDir, version }: ReceiptPlace,
): Promise<void> {
  const recording = snapshot && Buffer.from(formatSnapshot(snapshot));
  const body = {
    ...statedOf(report),
    ...(recording && {
      log: { bytes: recording.length, sha256: createHash('sha256').update(recording).digest('hex') },
    }),
  };
  const subject = `${report.owner}/${report.repository}, scale set ${report.scale_set} in ${report.namespace}`;
  await writeReceipt(path, await issueReceipt({ kind: 'hawser.arc/1', subject, body }, { dataDir, version }));
}

function statedOf({ success, outcome, notes, polls, verified_at, started_at, waited_ms, identity, checks }: Report) {
  return {
    outcome,
    success,
    looks: polls,
    notes,
    verified_at,
    started_at,
    waited_ms,
    aws_identity: identity?.arn,
    checks: Object.fromEntries(checks.map(({ id, status }) => [id, status])),
  };
}
