import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What the contents of these files come to. */
export function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
