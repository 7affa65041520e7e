import { createReadStream } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { Refusal, json, type Answer } from '../http/answer.js';
import { isRecord, type Call } from '../http/call.js';
import { answerBytes } from '../http/range.js';
import type { Route } from '../http/serve.js';
import type { Hub } from '../state/hub.js';
import type { Stored } from '../state/lfs-store.js';
import type { Pointer } from '../state/pointer.js';
import { count, list, text } from './fields.js';

/** An upload that was promised a place. */
interface Upload extends Pointer {
  /** Bytes of every part but the last; none for an upload in one piece. */
  readonly partBytes: number | undefined;
  readonly parts: Map<number, Stored>;
}

const mediaType = 'application/vnd.git-lfs+json';
const repo = '^/spaces/([^/]+)/([^/]+?)(?:\\.git)?/info/lfs';

/** Git LFS over HTTP (git-lfs `docs/api/batch.md`), with the Hub's own multipart transfer, and where its objects lie. */
export function lfsRoutes(hub: Hub): readonly Route[] {
  const uploads = new Map<string, Upload>();
  const upload = (call: Call): Upload => {
    const found = uploads.get(call.params[0] ?? '');
    if (!found) throw new Refusal(404, 'There is no such upload.');
    return found;
  };
  return [
    { method: 'POST', path: new RegExp(`${repo}/objects/batch$`, 'u'), answer: (call) => batch(hub, uploads, call) },
    { method: 'POST', path: new RegExp(`${repo}/objects/verify$`, 'u'), answer: (call) => verify(hub, call) },
    { method: 'PUT', path: /^\/lfs-storage\/upload\/([^/]+)$/u, answer: (call) => store(hub, upload(call), call) },
    {
      method: 'PUT',
      path: /^\/lfs-storage\/upload\/([^/]+)\/(\d+)$/u,
      answer: (call) => storePart(hub, upload(call), Number(call.params[1]), call),
    },
    {
      method: 'POST',
      path: /^\/lfs-storage\/upload\/([^/]+)\/complete$/u,
      answer: (call) => complete(hub, upload(call), call),
    },
    { method: 'GET', path: /^\/lfs-storage\/([0-9a-f]{64})$/u, answer: (call) => download(hub, call) },
  ];
}

async function batch(hub: Hub, uploads: Map<string, Upload>, call: Call): Promise<Answer> {
  if (call.headers['content-type']?.startsWith(mediaType) !== true)
    throw new Refusal(415, `Git LFS speaks ${mediaType}.`);
  const fields = await call.body.json();
  const operation = text(fields, 'operation');
  if (operation !== 'upload' && operation !== 'download') throw new Refusal(400, `"${operation}" is no operation.`);
  const algorithm = fields['hash_algo'] ?? 'sha256';
  if (algorithm !== 'sha256' && algorithm !== 'sha_256') throw new Refusal(409, 'Objects are named by sha256.');
  const ref = isRecord(fields['ref']) ? text(fields['ref'], 'name') : 'refs/pr/';
  const space = hub.space(call, operation === 'download' ? 'read' : ref.startsWith('refs/pr/') ? 'propose' : 'write');
  const transfers = list(fields, 'transfers');
  const pointers = list(fields, 'objects').map(readObject);
  const isMultipart = (one: Pointer): boolean =>
    operation === 'upload' &&
    transfers.includes('multipart') &&
    one.size > (hub.multipartBytes ?? Number.POSITIVE_INFINITY);
  const objects = pointers.map((one) => {
    const base = { oid: one.oid, size: one.size, authenticated: true };
    const stored = hub.lfs.size(one.oid);
    if (!/^[0-9a-f]{64}$/u.test(one.oid)) return { ...base, error: { code: 422, message: 'The oid is no sha256.' } };
    if (operation === 'download')
      return stored === undefined
        ? { ...base, error: { code: 404, message: 'Object does not exist' } }
        : { ...base, actions: { download: { href: hub.url(`/lfs-storage/${one.oid}`) } } };
    if (stored !== undefined)
      return stored === one.size
        ? base
        : { ...base, error: { code: 422, message: `The object has ${stored} bytes, not ${one.size}.` } };
    const id = randomUUID();
    const partBytes = isMultipart(one) ? hub.multipartBytes : undefined;
    uploads.set(id, { ...one, partBytes, parts: new Map() });
    return {
      ...base,
      actions: {
        upload:
          partBytes === undefined ? { href: hub.url(`/lfs-storage/upload/${id}`) } : partsOf(hub, id, one, partBytes),
        verify: {
          href: hub.url(`/spaces/${space.id}.git/info/lfs/objects/verify`),
          // Whoever is told that all is authenticated brings no credentials of its own (git-lfs `docs/api/batch.md`).
          header: { Authorization: call.headers.authorization ?? '' },
        },
      },
    };
  });
  const transfer = pointers.some(isMultipart) ? 'multipart' : 'basic';
  return json({ transfer, objects }, { 'Content-Type': mediaType });
}

function readObject(value: unknown): Pointer {
  if (!isRecord(value)) throw new Refusal(400, 'An object of the batch is none.');
  return { oid: text(value, 'oid'), size: count(value, 'size') };
}

/** Where each part goes, by its number from `00001`, and where to say that all are there. */
function partsOf(hub: Hub, id: string, { size }: Pointer, partBytes: number): Readonly<Record<string, unknown>> {
  const numbers = Array.from({ length: Math.ceil(size / partBytes) }, (_, index) => index + 1);
  return {
    href: hub.url(`/lfs-storage/upload/${id}/complete`),
    header: {
      chunk_size: String(partBytes),
      ...Object.fromEntries(
        numbers.map((one) => [String(one).padStart(5, '0'), hub.url(`/lfs-storage/upload/${id}/${one}`)]),
      ),
    },
  };
}

async function store(hub: Hub, upload: Upload, call: Call): Promise<Answer> {
  if (upload.partBytes !== undefined) throw new Refusal(400, 'This object is to be uploaded in parts.');
  await keep(hub, upload, await hub.lfs.receive(call.body));
  return { status: 200, headers: { ETag: `"${upload.oid}"` }, body: '' };
}

async function storePart(hub: Hub, upload: Upload, number: number, call: Call): Promise<Answer> {
  const { partBytes, size, parts } = upload;
  if (partBytes === undefined || number < 1 || number > Math.ceil(size / partBytes))
    throw new Refusal(404, `There is no part ${number}.`);
  const stored = await hub.lfs.receive(call.body);
  const expected = Math.min(partBytes, size - (number - 1) * partBytes);
  if (stored.size !== expected) {
    await hub.lfs.drop(stored);
    throw new Refusal(400, `Part ${number} must have ${expected} bytes, not ${stored.size}.`);
  }
  const before = parts.get(number);
  parts.set(number, stored);
  if (before) await hub.lfs.drop(before);
  return { status: 200, headers: { ETag: etagOf(stored) }, body: '' };
}

async function complete(hub: Hub, upload: Upload, call: Call): Promise<Answer> {
  const fields = await call.body.json();
  if (text(fields, 'oid') !== upload.oid) throw new Refusal(400, 'These parts are of another object.');
  const { partBytes = upload.size, parts } = upload;
  const told = list(fields, 'parts').map((part) => {
    if (!isRecord(part)) throw new Refusal(400, 'A part is not an object.');
    return { number: count(part, 'partNumber'), etag: text(part, 'etag') };
  });
  if (told.length !== Math.ceil(upload.size / partBytes) || told.some(({ number }, index) => number !== index + 1))
    throw new Refusal(400, 'The parts must be all there, in their order.');
  const files = told.map(({ number, etag }) => {
    const stored = parts.get(number);
    if (!stored || etagOf(stored) !== etag) throw new Refusal(400, `Part ${number} is not here with the ETag ${etag}.`);
    return stored;
  });
  await keep(hub, upload, await hub.lfs.receive(joined(files)));
  await Promise.all(files.map((one) => hub.lfs.drop(one)));
  parts.clear();
  return json({ success: true });
}

async function* joined(files: readonly Stored[]): AsyncGenerator<Buffer> {
  for (const { file } of files) yield* createReadStream(file) as AsyncIterable<Buffer>;
}

function etagOf({ oid }: Stored): string {
  return `"${oid.slice(0, 32)}"`;
}

async function keep(hub: Hub, { oid, size }: Pointer, stored: Stored): Promise<void> {
  if (stored.oid === oid && stored.size === size) return await hub.lfs.keep(stored);
  await hub.lfs.drop(stored);
  throw new Refusal(400, `The ${stored.size} bytes that came are not ${oid} with ${size}.`);
}

async function verify(hub: Hub, call: Call): Promise<Answer> {
  hub.space(call, 'propose');
  const fields = await call.body.json();
  const oid = text(fields, 'oid');
  if (hub.lfs.size(oid) !== count(fields, 'size'))
    throw new Refusal(404, `The object ${oid} is not here with that size.`);
  return json({});
}

function download(hub: Hub, call: Call): Answer {
  const oid = call.params[0] ?? '';
  const size = hub.lfs.size(oid);
  if (size === undefined) throw new Refusal(404, 'There is no such object.');
  return answerBytes({
    size,
    range: call.headers.range,
    headers: { ETag: `"${oid}"` },
    read: (start, end) => hub.lfs.read(oid, { start, end }),
  });
}
