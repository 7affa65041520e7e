import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Problem } from '../controller/problem.js';

/** Most bytes of one file that is sent here. */
const mostBytes = 104_857_600;

/**
 * A session's own folder: `GET` a file, or a folder as `{ entries: [{ name, type, size }] }`; `HEAD`; `PUT` a whole file,
 * in one step, with the folders above it; `DELETE` a file or an empty folder. Nothing outside of it, by `..` or by a link.
 */
export async function answerFiles(request: Request, root: string, path: string): Promise<Response> {
  const place = await placeIn(root, path);
  try {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return await read(request, place);
      case 'PUT':
        return await write(request, place);
      case 'DELETE':
        return await remove(root, place);
      default:
        return new Response(null, { status: 405, headers: { allow: 'GET, HEAD, PUT, DELETE' } });
    }
  } catch (error) {
    throw problemOf(error, path);
  }
}

async function read(request: Request, place: string): Promise<Response> {
  const facts = await stat(place);
  if (facts.isDirectory()) return Response.json({ entries: await entriesOf(place) });
  if (!facts.isFile()) throw new Problem('invalid_request', 'That is neither a file nor a folder.');
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(facts.size) };
  if (request.method === 'HEAD') return new Response(null, { headers });
  // It may grow meanwhile: what was announced is sent.
  const stream = facts.size === 0 ? null : Readable.toWeb(createReadStream(place, { end: facts.size - 1 }));
  return new Response(stream as ConstructorParameters<typeof Response>[0], { headers });
}

async function entriesOf(place: string): Promise<readonly object[]> {
  const entries = await readdir(place, { withFileTypes: true });
  return await Promise.all(
    entries.map(async (entry) => {
      const type = entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';
      return { name: entry.name, type, size: type === 'file' ? (await stat(join(place, entry.name))).size : null };
    }),
  );
}

async function write(request: Request, place: string): Promise<Response> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > mostBytes) throw tooLarge();
  await mkdir(dirname(place), { recursive: true });
  const isNew = !(await isThere(place));
  const beside = `${place}.${randomUUID()}.part`;
  const file = await open(beside, 'wx', 0o644);
  try {
    let bytes = 0;
    for await (const chunk of request.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > mostBytes) throw tooLarge();
      await file.writeFile(chunk as Uint8Array);
    }
    await file.close();
    await rename(beside, place);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
  return new Response(null, { status: isNew ? 201 : 204 });
}

async function remove(root: string, place: string): Promise<Response> {
  if (place === root) throw new Problem('invalid_request', 'The folder of the session itself stays.');
  if ((await stat(place)).isDirectory()) await rmdir(place);
  else await rm(place);
  return new Response(null, { status: 204 });
}

/** The real place of a path, which may not be there yet. */
async function placeIn(root: string, path: string): Promise<string> {
  const real = await realpath(root);
  const wanted = resolve(real, path);
  const outside = new Problem('not_found', `There is no ${path} in this session.`);
  if (path.includes('\0') || !isWithin(real, wanted)) throw outside;
  // The nearest part that is there says where the rest would be.
  for (let at = wanted; ; at = dirname(at)) {
    const there = await realpath(at).catch(() => undefined);
    if (there === undefined && at !== real) continue;
    const place = join(there ?? real, relative(at, wanted));
    if (!isWithin(real, place)) throw outside;
    return place;
  }
}

function isWithin(root: string, place: string): boolean {
  return place === root || place.startsWith(root + sep);
}

async function isThere(place: string): Promise<boolean> {
  return await stat(place).then(
    () => true,
    () => false,
  );
}

function tooLarge(): Problem {
  return new Problem('too_large', `A file may have ${mostBytes} bytes here.`);
}

function problemOf(error: unknown, path: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return new Problem('not_found', `There is no ${path} in this session.`);
    case 'EISDIR':
    case 'ENOTDIR':
    case 'ENOTEMPTY':
    case 'EACCES':
    case 'EEXIST':
      return new Problem('invalid_request', `${path} cannot be changed so: ${(error as Error).message}`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new Problem('storage_full', `There is no room for ${path}.`);
    default:
      return error;
  }
}
