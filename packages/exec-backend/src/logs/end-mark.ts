import { readFileSync } from 'node:fs';
import { errnoOf } from '../stores/file-errors.js';
import type { EndMark, StreamFiles } from './places.js';

/** The end mark of a stream; undefined while its writer has not ended it. */
export function endMarkOf({ end }: StreamFiles): EndMark | undefined {
  try {
    const text = readFileSync(end, 'utf8').trimEnd();
    return text === '' ? undefined : (JSON.parse(text) as EndMark);
  } catch (error) {
    // Read while it is being written: the next look sees it whole.
    if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
