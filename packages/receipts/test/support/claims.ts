import {
  createSigningKey,
  digestOf,
  type Envelope,
  type ReceiptClaim,
  signReceipt,
  type SigningKey,
} from '../../src/index.js';

/** A claim of the first in a chain, or of the next behind another. */
export function claimOf(number = 1, previous?: Envelope, more: Partial<ReceiptClaim> = {}): ReceiptClaim {
  return {
    kind: 'hawser.execution/1',
    subject: `exec_2030010100000${number}_aaaaaaaaaa`,
    issuer: 'a test',
    issued_at: '2030-01-01T00:00:00.000Z',
    body: {
      command: 'terraform apply',
      who: { name: 'Ada Ünal' },
      log: { lines: 2, bytes: 20, sha256: 'ab'.repeat(32), complete: true },
    },
    number,
    ...(previous && { previous: { sha256: digestOf(previous), number: number - 1 } }),
    ...more,
  };
}

/** A chain of receipts by one key. */
export function chainOf(length: number, key: SigningKey = createSigningKey()): { key: SigningKey; chain: Envelope[] } {
  const chain: Envelope[] = [];
  for (let number = 1; number <= length; number += 1) chain.push(signReceipt(claimOf(number, chain.at(-1)), key));
  return { key, chain };
}
