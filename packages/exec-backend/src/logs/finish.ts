import { createHash } from 'node:crypto';
import { createReadStream, existsSync, writeFileSync } from 'node:fs';
import { endMarkOf } from './end-mark.js';
import { END_BYTES, streamFiles, type EndMark } from './places.js';

/**
 * Ends a log whose writer was killed: what is there is counted, and said not to be complete. What its writer ended is left
 * as it is. Only for who knows that nobody writes any more.
 */
export async function finishLog(folder: string): Promise<void> {
  for (const stream of ['runner', 'init'] as const) {
    const files = streamFiles(folder, stream);
    if (!existsSync(files.bytes) || endMarkOf(files) !== undefined) continue;
    const hash = createHash('sha256');
    let [lines, bytes, last] = [0, 0, 0x0a];
    for await (const chunk of createReadStream(files.bytes) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines += 1;
      bytes += chunk.length;
      last = chunk.at(-1) ?? last;
    }
    if (last !== 0x0a) lines += 1;
    const mark: EndMark = { lines, bytes, sha256: hash.digest('hex'), complete: false };
    writeFileSync(files.end, JSON.stringify(mark).padEnd(END_BYTES), { mode: 0o600 });
  }
}
