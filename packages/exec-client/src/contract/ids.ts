const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const letters = 10;

/**
 * Makes the id of an execution: `exec_`, the time in UTC to the second, `_`, and 10 letters of base32 in lower case
 * (50 random bits, RFC 4648 §6). Ids sort by the time at which they were made.
 *
 * @param nowMs - milliseconds since 1970
 * @param random - gives as many random bytes as asked for, in hex digits
 */
export function newExecutionId(nowMs: number, random: (bytes: number) => string): string {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  let rest = BigInt(`0x${random(7)}`);
  let tail = '';
  for (let index = 0; index < letters; index++) {
    tail += alphabet[Number(rest & 31n)];
    rest >>= 5n;
  }
  return `exec_${stamp}_${tail}`;
}

/** Whether `text` may be the id of an execution: `exec_`, 14 digits, `_`, 8 to 12 letters of base32 in lower case. */
export function isExecutionId(text: string): boolean {
  return /^exec_\d{14}_[a-z2-7]{8,12}$/.test(text);
}
