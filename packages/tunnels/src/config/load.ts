import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, relative, sep } from 'node:path';
import { nearMisses } from '@hawser/near-miss';
import { TunnelsError } from '../errors.js';
import type { TunnelSpec } from '../spec.js';
import { checkFile } from './check.js';
import { complaintsError, type Complaint } from './complaint.js';
import { normaliseFile, type SetPart, type TunnelPart } from './normalise.js';
import { fileName, findProjectFile, userFile, type PlaceOptions } from './places.js';
import { maxBytes, readYaml } from './read-yaml.js';
import { distrust, isTrusted, trust } from './trust.js';
import { untrustedParts } from './untrusted.js';

/** The tunnels of a project and its person. */
export interface LoadedTunnels {
  /** The files that were read: the project's, then the person's own. */
  readonly files: readonly string[];
  readonly sets: readonly TunnelSet[];
}

/** A named group of tunnels that are opened together. */
export interface TunnelSet {
  readonly name: string;
  readonly description?: string;
  readonly tunnels: readonly TunnelSpec[];
  /** What only the person may decide; the set is not opened before that happened. */
  readonly untrusted: readonly Complaint[];
}

/**
 * Reads `tunnels.yaml` of the project and lays the person's own file over it, set by set and tunnel by tunnel: what
 * the person says wins, variables are added one by one. Nothing is opened.
 *
 * @throws TunnelsError HAWSER_NET_CONFIG_INVALID with file, line and column of every complaint
 */
export async function loadTunnels(options: PlaceOptions): Promise<LoadedTunnels> {
  const project = findProjectFile(options);
  const own = userFile(options);
  const fromProject = project === undefined ? undefined : await readFile(project, options);
  const fromPerson = own === project ? undefined : await readFile(own, options);
  const untrusted =
    fromProject === undefined || fromProject.untrusted.size === 0 || (await fromProject.trusted())
      ? new Map<string, readonly Complaint[]>()
      : fromProject.untrusted;
  const parts = [fromProject, fromPerson].filter((each) => each !== undefined);
  const names = new Set(parts.flatMap(({ sets }) => [...sets.keys()]));
  const complaints: Complaint[] = [];
  const sets = [...names].map((name): TunnelSet => {
    const said = parts.flatMap((part) => part.sets.get(name) ?? []);
    const description = said.findLast((part) => part.description !== undefined)?.description;
    return {
      name,
      ...(description === undefined ? {} : { description }),
      tunnels: mergeTunnels(name, said, complaints),
      untrusted: untrusted.get(name) ?? [],
    };
  });
  if (complaints.length > 0) throw complaintsError('HAWSER_NET_CONFIG_INVALID', complaints);
  return { files: parts.map(({ path }) => path), sets };
}

/**
 * The tunnels of one set, all of them or those that are named.
 *
 * @throws TunnelsError HAWSER_NET_SET_NOT_FOUND, HAWSER_NET_TUNNEL_NOT_FOUND, HAWSER_NET_CONFIG_UNTRUSTED
 */
export function pickSet(loaded: LoadedTunnels, name: string): readonly TunnelSpec[] {
  const found = loaded.sets.find((set) => set.name === name);
  if (!found) {
    const names = loaded.sets.map((set) => set.name);
    if (names.length === 0) {
      throw new TunnelsError('HAWSER_NET_SET_NOT_FOUND', `There is no ${fileName} with a set '${name}'.`, {
        hint: `Write a ${fileName}, or say what to open with --via and --forward.`,
      });
    }
    const [meant] = nearMisses(name, names);
    throw new TunnelsError('HAWSER_NET_SET_NOT_FOUND', `There is no set '${name}'.`, {
      hint: meant === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${meant}?`,
      details: { sets: names },
    });
  }
  if (found.untrusted.length > 0) throw complaintsError('HAWSER_NET_CONFIG_UNTRUSTED', found.untrusted);
  return found.tunnels;
}

/** What was decided about a file. */
export interface TrustedFile {
  readonly path: string;
  readonly sha256: string;
  /** What is allowed by it, beyond what every project may say. */
  readonly allows: readonly Complaint[];
}

/**
 * Takes the project's file as it is now. Once it changes it is as unknown as before.
 *
 * @param confirm - is shown what would be allowed by it, of the very bytes that are trusted then; throws to refuse
 * @throws TunnelsError HAWSER_NET_CONFIG_INVALID when it cannot be read; HAWSER_NET_BAD_INPUT where there is none
 */
export async function trustTunnels(
  options: PlaceOptions,
  confirm: (allows: readonly Complaint[]) => Promise<void> = async () => undefined,
): Promise<TrustedFile> {
  const path = projectFile(options);
  const read = await readFile(path, options);
  if (!read) throw noFile();
  const allows = [...read.untrusted.values()].flat();
  await confirm(allows);
  return { path, sha256: await trust(path, read.bytes, options), allows };
}

/** Takes trust in the project's file back. */
export async function distrustTunnels(
  options: PlaceOptions,
): Promise<{ readonly path: string; readonly was: boolean }> {
  const path = projectFile(options);
  return { path, was: await distrust(path, options) };
}

function projectFile(options: PlaceOptions): string {
  const path = findProjectFile(options);
  if (path === undefined) throw noFile();
  return path;
}

function noFile(): TunnelsError {
  return new TunnelsError('HAWSER_NET_BAD_INPUT', `There is no ${fileName} here or above.`);
}

interface ReadFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly sets: ReadonlyMap<string, SetPart>;
  readonly untrusted: ReadonlyMap<string, readonly Complaint[]>;
  readonly trusted: () => Promise<boolean>;
}

/** Reads, checks and understands one file; undefined where there is none. */
async function readFile(path: string, options: PlaceOptions): Promise<ReadFile | undefined> {
  const { from, home = homedir(), providers = [] } = options;
  const bytes = await readBounded(path);
  if (!bytes) return undefined;
  const fail = (complaints: readonly Complaint[]): never => {
    throw complaintsError('HAWSER_NET_CONFIG_INVALID', complaints);
  };
  const read = readYaml(bytes, shownPath(path, from, home));
  if ('complaints' in read) return fail(read.complaints);
  const wrong = await checkFile(read.parsed);
  if (wrong.length > 0) return fail(wrong);
  const { sets, complaints } = normaliseFile(read.parsed, path, { home, providers });
  if (complaints.length > 0) return fail(complaints);
  return { path, bytes, sets, untrusted: untrustedParts(read.parsed), trusted: () => isTrusted(path, bytes, options) };
}

/** At most one byte more than is allowed, and nothing that is no file: a pipe would keep us waiting. */
async function readBounded(path: string): Promise<Uint8Array | undefined> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new TunnelsError('HAWSER_NET_CONFIG_INVALID', `${path} ${why}`, { cause, hint: 'Put a YAML file there.' });
  };
  try {
    await using file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!(await file.stat()).isFile()) return refuse('is no file.');
    const buffer = Buffer.alloc(maxBytes + 1);
    let length = 0;
    for (let count = 1; count > 0 && length < buffer.length; length += count) {
      ({ bytesRead: count } = await file.read(buffer, length, buffer.length - length));
    }
    return buffer.subarray(0, length);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (error instanceof TunnelsError) throw error;
    return refuse(`cannot be read (${code ?? 'unknown'}).`, error);
  }
}

function shownPath(path: string, from: string, home: string): string {
  const near = relative(from, path);
  if (near !== '' && !isAbsolute(near) && near.split(sep).filter((step) => step === '..').length <= 3) return near;
  return path.startsWith(`${home}${sep}`) ? `~${path.slice(home.length)}` : path;
}

/** Lays parts over one another, the last on top. */
function mergeTunnels(set: string, parts: readonly SetPart[], complaints: Complaint[]): readonly TunnelSpec[] {
  const defaults: SetPart['defaults'] = Object.assign({}, ...parts.map((part) => part.defaults));
  const names = new Set(parts.flatMap(({ tunnels }) => [...tunnels.keys()]));
  return [...names].flatMap((name) => {
    const said = parts.map((part) => part.tunnels.get(name)).filter((part) => part !== undefined);
    const merged: Partial<TunnelPart> = Object.assign({}, defaults, ...said);
    const { via, to, local = { port: 0 }, complaint, ...rest } = merged;
    if (via === undefined || to === undefined) {
      if (complaint) complaints.push(complaint);
      return [];
    }
    const env: Record<string, string> = Object.assign({}, ...said.map((part) => part.env));
    return [{ name, set, via, to, local, ...rest, ...(Object.keys(env).length > 0 && { env }) }];
  });
}
