import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

const line = /^([0-9a-f]{64}) [ *](.+)$/;

/** @type {import('@hawser/cli-kit').ReceiptVerifier} */
export const extension = {
  kinds: ['checksums'],
  recognizes: (head) => line.test(head.toString('utf8').split('\n')[0] ?? ''),
  async verify(path, { signal }) {
    /** @type {import('@hawser/cli-kit').Verification['checked'][number][]} */
    const checked = [];
    for (const text of (await readFile(path, 'utf8')).split('\n')) {
      const [, sha256 = '', name = ''] = line.exec(text) ?? [];
      if (name === '') continue;
      const found = await digestOf(resolve(dirname(path), name), signal);
      if (found === undefined) checked.push({ name, verdict: 'unknown', text: `${name} cannot be read.` });
      else if (found === sha256) checked.push({ name, verdict: 'ok', text: `${name} is what was listed.` });
      else checked.push({ name, verdict: 'wrong', text: `${name} has changed since it was listed.` });
    }
    return {
      ok: checked.every(({ verdict }) => verdict !== 'wrong'),
      kind: 'checksums',
      madeBy: { known: false },
      claims: [`${checked.length} files have these digests.`],
      checked,
      missing: [
        'Who made the list: it carries no signature.',
        ...checked.filter(({ verdict }) => verdict === 'unknown').map(({ name }) => `The file ${name}.`),
      ],
    };
  },
};

/**
 * @param {string} path
 * @param {AbortSignal} signal
 */
async function digestOf(path, signal) {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash, { signal });
    return hash.digest('hex');
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
