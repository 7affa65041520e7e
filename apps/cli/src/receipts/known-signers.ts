import { keyIdOf } from '@hawser/receipts';
import type { VerifyInput } from '@hawser/cli-kit';
import { stackPlaces } from '../local/places.js';
import { publicKeysBelow } from './machine-key.js';

/** Somebody whose receipts are believed. */
export interface KnownSigner {
  /** PEM. */
  readonly publicKey: string;
  readonly keyId: string;
  /** In words, as the end of a sentence. */
  readonly who: string;
}

/**
 * Whose receipts are believed: those the person named, and nobody else then; or this machine, the local stack by the keys
 * in its folder, and the configured backends and sessions service, each by the key that was kept when it was configured.
 */
export async function knownSigners({
  publicKeys,
  folders,
}: Pick<VerifyInput, 'publicKeys' | 'folders'>): Promise<readonly KnownSigner[]> {
  if (publicKeys.length > 0) {
    const keys = await Promise.all(publicKeys.map(keysIn));
    return signers(keys.flat(), 'whoever you named by --public-key');
  }
  const [{ readUserFile: readBackends }, { readUserFile: readService }] = await Promise.all([
    import('@hawser/exec-client'),
    import('../sessions/user-file.js'),
  ]);
  const [own, stack, { backends }, service] = await Promise.all([
    publicKeysBelow(folders.data),
    publicKeysBelow(stackPlaces({ dataDir: folders.data }).folder),
    readBackends(folders.config),
    readService(folders.config),
  ]);
  return [
    ...signers(own, 'this machine'),
    ...signers(stack, 'the local stack'),
    ...Object.entries(backends).flatMap(([name, { receipt_key }]) =>
      signers(receipt_key === undefined ? [] : [receipt_key], `the backend ${name}`),
    ),
    ...signers(service?.receipt_keys ?? [], `the sessions service ${service?.url ?? ''}`),
  ];
}

function signers(publicKeys: readonly string[], who: string): readonly KnownSigner[] {
  return publicKeys.map((publicKey) => ({ publicKey, keyId: keyIdOf(publicKey), who }));
}

/** One key in PEM, or those of a key set that can sign receipts. */
async function keysIn(text: string): Promise<readonly string[]> {
  if (!text.trimStart().startsWith('{')) return [text];
  const { receiptKeysOf } = await import('@hawser/k8s-sessions/log');
  return receiptKeysOf(JSON.parse(text) as Parameters<typeof receiptKeysOf>[0]);
}
