import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@oclif/core';
import { SessionsError } from '@hawser/k8s-sessions';
import { receiptKeysOf, verifyTranscript, type TranscriptVerdict } from '@hawser/k8s-sessions/log';
import { localFolder } from './local-service.js';
import { readUserFile } from './user-file.js';

type Folders = Pick<Config, 'configDir' | 'dataDir'>;

/**
 * Checks a transcript against the signers that are known here.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT for a file that cannot be read, or a key that is none
 */
export async function verifyFile(
  path: string,
  keyFiles: readonly string[],
  config: Folders,
): Promise<TranscriptVerdict> {
  const named = await Promise.all(keyFiles.map(keysIn));
  const publicKeys = [...named.flat(), ...(await knownSigners(config))];
  return verifyTranscript(path, { publicKeys }).catch((error: unknown) => {
    const isOfFile = typeof (error as NodeJS.ErrnoException).syscall === 'string';
    throw isOfFile ? unreadable(path, error) : error;
  });
}

/** This machine, and the configured service as it was then. */
async function knownSigners(config: Folders): Promise<readonly string[]> {
  const saved = await readUserFile(config.configDir);
  const own = await readFile(join(localFolder(config), 'receipt-key.pem'), 'utf8').catch(() => undefined);
  return [...(saved?.receipt_keys ?? []), ...(own === undefined ? [] : [publicPart(own)])];
}

async function keysIn(path: string): Promise<readonly string[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    return text.trimStart().startsWith('{')
      ? receiptKeysOf(JSON.parse(text) as { readonly keys: readonly object[] })
      : [publicPart(text)];
  } catch (cause) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${path} holds no public key.`, { cause });
  }
}

function publicPart(pem: string): string {
  return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
}

function unreadable(path: string, cause: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${path} cannot be read.`, { cause });
}
