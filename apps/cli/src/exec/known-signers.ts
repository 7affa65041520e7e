import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import { localFolder } from './local-service.js';

/** The public keys of those whose receipts are believed without being told: this machine's own. */
export async function knownSigners(config: Pick<Config, 'dataDir'>): Promise<readonly string[]> {
  const own = await readFile(join(localFolder(config), 'signer-key.pem'), 'utf8').catch(() => undefined);
  if (own === undefined) return [];
  return [createPublicKey(own).export({ type: 'spki', format: 'pem' }).toString()];
}
