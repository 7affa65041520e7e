import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import { readUserFile } from '@hawser/exec-client';
import { localFolder } from './local-service.js';

/** The public keys of those whose receipts are believed without being told: this machine, and configured backends. */
export async function knownSigners(config: Pick<Config, 'configDir' | 'dataDir'>): Promise<readonly string[]> {
  const { backends } = await readUserFile(config.configDir);
  const pinned = Object.values(backends).flatMap(({ receipt_key }) => receipt_key ?? []);
  const own = await readFile(join(localFolder(config), 'signer-key.pem'), 'utf8').catch(() => undefined);
  if (own === undefined) return pinned;
  return [createPublicKey(own).export({ type: 'spki', format: 'pem' }).toString(), ...pinned];
}
