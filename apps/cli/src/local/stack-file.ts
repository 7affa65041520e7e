import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ProcessIdentity } from '@hawser/state-store/process';
import type { PartName, RunningStack } from './parts.js';
import type { StackPlaces } from './places.js';

/** Whoever serves the stack, or did until it was killed. */
export interface StackProcess extends RunningStack {
  readonly identity: ProcessIdentity;
  /** What processes of its emulators are known by. */
  readonly instance: string;
  /** Until then it is being started, and says nothing of its parts. */
  readonly isReady: boolean;
}

/** What `stack.json` holds. Some of it is secret. */
export interface StackDocument {
  readonly version: 1;
  /** Ports that were given before, so that they are given again. */
  readonly ports: Readonly<Partial<Record<PartName, number>>>;
  readonly process?: StackProcess;
}

/** Reads the document; an empty one where there is none, or none that can be read: nothing is lost with it but ports. */
export function readStack({ document }: Pick<StackPlaces, 'document'>): StackDocument {
  try {
    const found = JSON.parse(readFileSync(document, 'utf8')) as StackDocument;
    if (found.version === 1) return found;
  } catch (error) {
    if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return { version: 1, ports: {} };
}

/** Writes the document, for its owner only, whole or not at all. */
export function writeStack({ document }: Pick<StackPlaces, 'document'>, content: StackDocument): void {
  writePrivate(document, `${JSON.stringify(content, null, 2)}\n`);
}

/** Writes a file that only its owner reads, whole or not at all. */
export function writePrivate(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
