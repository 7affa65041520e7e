import type { Context, Result } from '@hawser/cli-kit';
import { asJunit, ContextsError, type Report } from '@hawser/contexts/arc';
import { renderReport } from '../render/arc/report.js';
import { keepResults, type KeepFlags } from './keep.js';
import { writeArcReceipt, type ReceiptPlace } from './receipt.js';
import type { VerifiedOrReplayed } from './run-verify.js';

/** Tells the verdict, then keeps it: a full disk comes too late to hide it. */
export async function finishVerify(
  flags: KeepFlags & { readonly output: 'text' | 'json' | 'junit'; readonly receipt?: string | undefined },
  verified: VerifiedOrReplayed,
  context: Pick<Context, 'out' | 'state'> & Omit<ReceiptPlace, 'path'>,
  command: readonly string[],
): Promise<Result<Report>> {
  const { out } = context;
  const { report } = verified;
  const texts = {
    text: async () => renderReport(report, await out.style()),
    json: async () => JSON.stringify(report),
    junit: async () => asJunit(report).trimEnd(),
  };
  out.data(await texts[flags.output]());
  if (flags.receipt !== undefined) await writeArcReceipt(verified, { ...context, path: flags.receipt });
  try {
    const stored = await keepResults(flags, verified, context, command);
    if (stored) out.say(`Kept in ${stored.folder}`);
  } catch (error) {
    if (!(error instanceof ContextsError)) throw error;
    const { code, message, hint, details, cause } = error;
    const verdict = { success: report.success, outcome: report.outcome, notes: report.notes };
    throw new ContextsError(code, message, { hint, cause, details: { ...details, ...verdict } });
  }
  return { data: report, exitCode: report.success ? 0 : 1 };
}
