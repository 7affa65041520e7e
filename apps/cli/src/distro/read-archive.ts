import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { invalid, type PackageFiles, wanted } from './package-files.js';

// The whole of ours is a tenth of that; an archive that holds more is not ours, or means no good.
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Reads what manuals are made of from an archive as `npm pack` makes them.
 *
 * @throws CliError HAWSER_DISTRO_PACKAGE_INVALID
 */
export async function readArchive(path: string, signal: AbortSignal): Promise<PackageFiles> {
  const files = new Map<string, string>();
  const archive = extract();
  let bytes = 0;
  archive.on('entry', ({ name, type }, stream, next) => {
    const inside = name.replace(/^[^/]+\//, '');
    if (type !== 'file' || !wanted.test(inside)) {
      stream.on('end', next).resume();
      return;
    }
    collect(stream, (size) => (bytes += size) <= MOST_BYTES).then((text) => {
      files.set(inside, text);
      next();
    }, next);
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), bounded(MOST_BYTES * 8), archive, { signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw invalid(`${path} cannot be read as a packed package: ${(cause as Error).message}`, cause);
  }
  return files;
}

async function collect(stream: Readable, mayTake: (size: number) => boolean): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) {
    if (!mayTake(part.length)) throw new Error('it is far larger than a command line');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Stops an archive that unpacks to more than any package of ours. */
function bounded(most: number): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* pass(source) {
    let bytes = 0;
    for await (const part of source) {
      bytes += part.length;
      if (bytes > most) throw new Error('it unpacks to far more than a command line');
      yield part;
    }
  };
}
