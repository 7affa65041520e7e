import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Pointer } from './pointer.js';

/** What came of storing bytes. */
export interface Stored extends Pointer {
  /** Where they wait to be {@link LfsStore.keep}t or {@link LfsStore.drop}ped. */
  readonly file: string;
}

/** LFS objects by SHA-256, in a folder: they may be larger than memory. */
export interface LfsStore {
  /** A temporary folder, in which there is room for more. */
  readonly folder: string;
  /** Size of an object that is here. */
  size(oid: string): number | undefined;
  /** Writes bytes to a file of their own, counting and hashing. Leaves nothing when they break off. */
  receive(bytes: AsyncIterable<Buffer>): Promise<Stored>;
  /** Makes received bytes an object. */
  keep(stored: Stored): Promise<void>;
  drop(stored: Pick<Stored, 'file'>): Promise<void>;
  /** Bytes from `start` to `end`, both included. */
  read(oid: string, range?: { readonly start: number; readonly end: number }): Readable;
  close(): Promise<void>;
}

const gatheredBytes = 1 << 20;

/** Opens a store over what lies in `kept`, or makes an empty one that is gone when it is closed. */
export async function createLfsStore(kept?: string): Promise<LfsStore> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-hub-'));
  const objects = kept ?? join(folder, 'lfs');
  await mkdir(objects, { recursive: true, mode: 0o700 });
  const sizes = await sizesIn(objects);
  const pathOf = (oid: string): string => join(objects, oid);
  const drop = async ({ file }: Pick<Stored, 'file'>): Promise<void> => await rm(file, { force: true });
  return {
    folder,
    size: (oid) => sizes.get(oid),
    receive: async (bytes) => {
      const file = join(objects, `incoming-${randomUUID()}`);
      const handle = await open(file, 'wx');
      const hash = createHash('sha256');
      let size = 0;
      let waiting: Buffer[] = [];
      let waitingBytes = 0;
      let writing: Promise<unknown> = Promise.resolve();
      const write = async (): Promise<void> => {
        // One write under way, one gathered: a write for every chunk of a socket costs more than all the rest.
        await writing;
        writing = writeAll(handle, waiting);
        // Looked at above or below; until then nobody else minds.
        writing.catch(() => {});
        waiting = [];
        waitingBytes = 0;
      };
      try {
        for await (const chunk of bytes) {
          hash.update(chunk);
          size += chunk.length;
          waiting.push(chunk);
          waitingBytes += chunk.length;
          if (waitingBytes >= gatheredBytes) await write();
        }
        await write();
        await writing;
      } catch (error) {
        await writing.catch(() => {});
        await handle.close();
        await drop({ file });
        throw error;
      }
      await handle.close();
      return { file, oid: hash.digest('hex'), size };
    },
    keep: async ({ file, oid, size }) => {
      await rename(file, pathOf(oid));
      sizes.set(oid, size);
    },
    drop,
    read: (oid, range) => createReadStream(pathOf(oid), range),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What lies there already; uploads that were broken off are taken away. */
async function sizesIn(objects: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of await readdir(objects)) {
    const path = join(objects, name);
    if (name.startsWith('incoming-')) await rm(path, { force: true });
    else sizes.set(name, (await stat(path)).size);
  }
  return sizes;
}

/** A single write may take less than it is given. */
async function writeAll(handle: FileHandle, buffers: readonly Buffer[]): Promise<void> {
  const total = buffers.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return;
  const { bytesWritten } = await handle.writev(buffers);
  if (bytesWritten < total) await handle.writeFile(Buffer.concat(buffers).subarray(bytesWritten));
}
