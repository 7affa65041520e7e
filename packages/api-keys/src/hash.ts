import { keyIdOf } from './key.js';

/**
 * Cost of the hash: 2^10 rounds, bcrypt's customary default, about 52 ms of one core of a 2026 server. A key has 192
 * secret random bits, so that no cost is needed against guessing; this one is paid once per process and key, because
 * verified keys are remembered.
 */
export const defaultRounds = 10;

/**
 * bcrypt reads 72 bytes and ignores what follows: two keys that differ behind them would be the same. A key has exactly
 * 72 bytes, and the form is checked on both ways in, so nothing is ever cut.
 */
function checked(key: string): string {
  if (keyIdOf(key) === undefined) throw new RangeError('only a key of 72 bytes may be hashed');
  return key;
}

/** Hashes a key with bcrypt. Takes a thread of libuv's pool for the while. */
export async function hashKey(key: string, rounds: number = defaultRounds): Promise<string> {
  const { default: bcrypt } = await import('bcrypt');
  return await bcrypt.hash(checked(key), rounds);
}

/** Whether a hash is that of a key. A hash that is none is nobody's. */
export async function isHashOf(key: string, hash: string): Promise<boolean> {
  const { default: bcrypt } = await import('bcrypt');
  return await bcrypt.compare(checked(key), hash);
}

/** The hash of a key that nobody has: what an unknown id is compared with, so that it takes as long as a known one. */
export const nobodysHash = '$2b$10$H7je13E18vALvqen4RyrRuaNkn4M7d5Tit/2ZSNVTYsbANunCdEEm';
