import { accessSync, constants, statSync } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ExecutionRecord } from '@hawser/exec-client/contract';
import { ExecBackendError } from '../errors.js';
import { readDocument, writePrivate } from './files.js';

/** What a command is kept apart by. */
export interface Isolation {
  readonly kind: 'process' | 'sandbox' | 'container' | 'program';
  /** The program that does it. */
  readonly program?: string | undefined;
  /** Of a program that was named: its own words, and what it says of itself. */
  readonly named?: { readonly words: readonly string[]; readonly label: string; readonly note: string } | undefined;
  /** What a container is made of. */
  readonly image?: string | undefined;
}

/** What is asked for. */
export interface IsolationWish {
  readonly isolation?: 'auto' | 'process' | 'sandbox' | 'container' | undefined;
  readonly image?: string | undefined;
}

/** Where it is looked for, and what was found out before is kept. */
export interface IsolationPlace {
  /** The person's. */
  readonly path: string;
  /** A file for what looking costs time to find out. */
  readonly probe: string;
}

type Probe = Readonly<Record<string, boolean>>;

/**
 * Chooses what a command will be kept apart by. `auto` is a sandbox where there is one, else a mere process; a container
 * only when an image is named and an engine answers.
 *
 * @throws ExecBackendError HAWSER_EXEC_BACKEND_ISOLATION_MISSING
 */
export async function chooseIsolation(wish: IsolationWish, place: IsolationPlace): Promise<Isolation> {
  const { isolation = 'auto', image } = wish;
  if (isolation === 'process') return { kind: 'process' };
  if (isolation === 'container' && image === undefined) {
    const message = 'A container was asked for without an image.';
    const hint = 'Name one with --image, or choose --isolation sandbox.';
    throw new ExecBackendError('HAWSER_EXEC_BACKEND_ISOLATION_MISSING', message, { hint });
  }
  if (isolation === 'container' || (isolation === 'auto' && image !== undefined)) {
    const program = await findEngine(place);
    if (program !== undefined) return { kind: 'container', program, image };
    if (isolation === 'container') {
      throw missing('A container was asked for, and neither docker nor podman answers.', 'docker or podman');
    }
  }
  const program = await findSandbox(place);
  if (program !== undefined) return { kind: 'sandbox', program };
  if (isolation === 'auto') return { kind: 'process' };
  throw missing('A sandbox was asked for, and bubblewrap is not here or may not make namespaces.', 'bubblewrap');
}

/** Says what an isolation gives, and what it does not. */
export function describeIsolation(chosen: Isolation, wish: IsolationWish): ExecutionRecord['backend'] {
  const ignored =
    wish.image !== undefined && chosen.kind !== 'container'
      ? ` The image ${wish.image} is not used: the command runs with the programs of this machine.`
      : '';
  return { kind: 'local', ...words(chosen), note: `${words(chosen).note}${ignored}` };
}

function words({ kind, program, image, named }: Isolation): { readonly isolation: string; readonly note: string } {
  if (named !== undefined) return { isolation: named.label, note: named.note };
  if (kind === 'process') {
    return {
      isolation: 'process',
      note: 'A process of yours: its own work tree, home folder and environment, but it can read and write what you can.',
    };
  }
  if (kind === 'sandbox') {
    return {
      isolation: 'sandbox (bubblewrap)',
      note: 'Its own processes; everything but the work tree is read-only, your home folder is not there. Network and kernel are shared.',
    };
  }
  return {
    isolation: `container (${program?.endsWith('docker') ? 'docker' : 'podman'})`,
    note: `In ${image}, with the work tree from this machine. The kernel is shared.`,
  };
}

async function findSandbox(place: IsolationPlace): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const program = findProgram('bwrap', place.path);
  if (program === undefined) return undefined;
  // What the kernel lets us do, and the program, can change; nothing else does.
  const key = `${program} ${statSync(program).mtimeMs} ${release()} ${process.getuid?.()}`;
  const args = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--unshare-pid', '--unshare-ipc', 'true'];
  return (await remembered(place, key, () => succeeds(program, args))) ? program : undefined;
}

/** Engines are asked every time: their servers come and go. Podman first, where both are, because it needs no server. */
async function findEngine({ path }: IsolationPlace): Promise<string | undefined> {
  for (const name of ['podman', 'docker']) {
    const program = findProgram(name, path);
    if (program !== undefined && (await succeeds(program, ['info']))) return program;
  }
  return undefined;
}

async function remembered({ probe }: IsolationPlace, key: string, ask: () => Promise<boolean>): Promise<boolean> {
  const known = (readDocument(probe) as Probe | undefined)?.[key];
  if (known !== undefined) return known;
  const found = await ask();
  writePrivate(probe, JSON.stringify({ [key]: found }));
  return found;
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 20_000 }, (error) => resolve(error === null));
  });
}

function findProgram(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    const program = join(folder, name);
    try {
      accessSync(program, constants.X_OK);
      return program;
    } catch {
      // Not there.
    }
  }
  return undefined;
}

function missing(message: string, what: string): ExecBackendError {
  return new ExecBackendError('HAWSER_EXEC_BACKEND_ISOLATION_MISSING', message, {
    hint: `Install ${what}, or choose --isolation process or auto.`,
  });
}
