import { signReceipt, type Envelope, type Json } from '@hawser/receipts';
import { CliError } from '../errors.js';
import { writeWhole } from '../wiring/write-whole.js';
import { openMachineKey } from './machine-key.js';

/** What was done, as a receipt is to state it. */
export interface Deed {
  /** Kind and version, e.g. `hawser.push/1`. */
  readonly kind: string;
  readonly subject: string;
  readonly body: { readonly [key: string]: Json | undefined };
}

/** Signs what this command did with the machine's key. Each stands for itself: it is the first of its chain. */
export async function issueReceipt(
  { kind, subject, body }: Deed,
  { dataDir, version }: { readonly dataDir: string; readonly version: string },
): Promise<Envelope> {
  const key = await openMachineKey(dataDir);
  const issuer = `hawser ${version}, ${kind.slice('hawser.'.length, kind.indexOf('/'))}, key ${key.keyId}`;
  return signReceipt({ kind, subject, issuer, issued_at: new Date().toISOString(), body, number: 1 }, key);
}

/**
 * Writes a receipt to where the person wants it.
 *
 * @throws CliError HAWSER_RECEIPT_FILE
 */
export async function writeReceipt(path: string, receipt: unknown): Promise<void> {
  try {
    await writeWhole(path, `${JSON.stringify(receipt, null, 2)}\n`);
  } catch (cause) {
    throw new CliError('HAWSER_RECEIPT_FILE', `The receipt cannot be written to ${path}.`, { cause });
  }
}
