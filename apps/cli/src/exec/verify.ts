import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Config } from '@oclif/core';
import { readEnvelope, type Verdict, verifyReceipt } from '@hawser/receipts';
import { CliError } from '../errors.js';
import { knownSigners } from './known-signers.js';

/** What a receipt is held against. */
export interface VerifyRequest {
  readonly 'public-key'?: readonly string[] | undefined;
  readonly previous?: string | undefined;
  readonly log?: string | undefined;
}

/** Looks at the receipt in a file: its signer, its signature, its place in the chain, and its log where that is given. */
export async function verifyFile(
  path: string,
  request: VerifyRequest,
  { config }: { readonly config: Config },
): Promise<Verdict> {
  const receipt = await readText(path, 'receipt');
  const publicKeys = request['public-key']
    ? await Promise.all(request['public-key'].map((file) => readText(file, 'public key')))
    : await knownSigners(config);
  const { previous, log } = request;
  return verifyReceipt(receipt, {
    publicKeys,
    ...(previous !== undefined && { previous: readEnvelope(await readText(previous, 'receipt')) }),
    ...(log !== undefined && { logSha256: await digestOf(log) }),
  });
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, what, cause);
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw unreadable(path, 'log', cause);
  }
  return hash.digest('hex');
}

function unreadable(path: string, what: string, cause: unknown): CliError {
  return new CliError('HAWSER_EXEC_FILE', `The ${what} ${path} cannot be read.`, { cause });
}
