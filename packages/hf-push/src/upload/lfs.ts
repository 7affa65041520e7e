import { HfPushError } from '../errors.js';
import { concurrently } from '../http/concurrently.js';
import { explained, statusOf } from '../http/failure.js';
import type { Http } from '../http/http.js';
import { readBody } from '../http/read-body.js';
import type { LfsObject } from '../hub/types.js';
import { digestLarge, piecesOf } from './large-file.js';

/** Objects asked for at once. */
const BATCH = 100;
/** Objects, and parts of one object, under way at once. */
const AT_ONCE = 4;
const UPLOAD_TIMEOUT_MS = 3_600_000;
const LFS_JSON = 'application/vnd.git-lfs+json';

interface Action {
  readonly href: string;
  readonly header?: Readonly<Record<string, string>>;
}

interface BatchObject {
  readonly oid: string;
  readonly size: number;
  readonly actions?: { readonly upload?: Action; readonly verify?: Action };
  readonly error?: { readonly code: number; readonly message: string };
}

/** What uploading needs besides the objects. */
export interface UploadOptions {
  /** Left out of the request for pull requests, whose ref the Hub makes with the commit. */
  readonly revision?: string;
  readonly onUploaded?: (object: LfsObject) => void;
}

/**
 * Uploads what the Hub's LFS store does not have: basic or in parts, as the Hub says, each part tried on its own.
 * Objects that are there already are not sent, which is what makes a push that was killed go on where it was.
 *
 * @returns how many objects were sent.
 * @see git-lfs `docs/api/batch.md`; huggingface_hub `lfs.py` for the multipart transfer.
 */
export async function uploadLfs(
  http: Http,
  space: string,
  objects: readonly LfsObject[],
  options: UploadOptions,
): Promise<number> {
  const distinct = [...new Map(objects.map((object) => [object.oid, object])).values()];
  const store = new LfsStore(http, space, options);
  let sent = 0;
  for (let at = 0; at < distinct.length; at += BATCH) {
    const batch = distinct.slice(at, at + BATCH);
    const answers = await store.ask(batch);
    await concurrently(batch, AT_ONCE, async (object) => {
      if (await store.bring(object, answers.get(object.oid))) sent += 1;
      options.onUploaded?.(object);
    });
  }
  return sent;
}

class LfsStore {
  readonly #http: Http;
  readonly #space: string;
  readonly #options: UploadOptions;

  constructor(http: Http, space: string, options: UploadOptions) {
    this.#http = http;
    this.#space = space;
    this.#options = options;
  }

  /** What is to be done for each object. */
  async ask(objects: readonly LfsObject[]): Promise<ReadonlyMap<string, BatchObject>> {
    const { revision = 'main' } = this.#options;
    const answer = await this.#http.json<{ objects?: unknown }>({
      method: 'POST',
      path: `/spaces/${this.#space}.git/info/lfs/objects/batch`,
      headers: { accept: LFS_JSON, 'content-type': LFS_JSON },
      isIdempotent: true,
      json: {
        operation: 'upload',
        transfers: ['basic', 'multipart'],
        hash_algo: 'sha256',
        ...(revision.startsWith('refs/pr/') ? {} : { ref: { name: revision } }),
        objects: objects.map(({ oid, size }) => ({ oid, size })),
      },
    });
    if (!Array.isArray(answer.objects) || !answer.objects.every(isBatchObject))
      throw new HfPushError('HAWSER_HF_PROTOCOL', 'The Hub does not say where large files are to be uploaded to');
    return new Map(answer.objects.map((object) => [object.oid, object]));
  }

  /** Whether it had to be sent. `isLast`: what the Hub refuses is not tried at a new address. */
  async bring(object: LfsObject, answer: BatchObject | undefined, isLast: boolean = false): Promise<boolean> {
    if (!answer || answer.error)
      throw new HfPushError(
        'HAWSER_HF_UPLOAD_FAILED',
        `The Hub does not take ${object.path}: ${answer?.error?.message ?? 'it does not say why'}`,
        { details: { path: object.path, code: answer?.error?.code } },
      );
    const { upload, verify } = answer.actions ?? {};
    if (!upload) return false;
    try {
      await explained(`${object.path} cannot be uploaded`, 'HAWSER_HF_UPLOAD_FAILED', async () => {
        await this.#send(object, upload);
        if (verify) await this.#verify(object, verify);
      });
    } catch (error) {
      // An address lives for a while only, and what arrived there broken stays so: ask for a new one, once.
      if (isLast || !isRefusal(statusOf(error))) throw error;
      return await this.bring(object, (await this.ask([object])).get(object.oid), true);
    }
    return true;
  }

  async #send(object: LfsObject, action: Action): Promise<void> {
    const stamp = object.stamp ?? (await this.#stampAgain(object));
    const partBytes = Number(action.header?.['chunk_size']);
    await (partBytes > 0
      ? this.#sendParts({ ...object, stamp }, action, partBytes)
      : this.#put({ ...object, stamp }, action.href, { start: 0, end: object.size }, action.header));
  }

  async #sendParts(object: Stamped, { href, header = {} }: Action, partBytes: number): Promise<void> {
    const urls = Object.entries(header)
      .filter(([name]) => /^\d+$/.test(name))
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([, url]) => url);
    if (urls.length !== Math.ceil(object.size / partBytes))
      throw new HfPushError(
        'HAWSER_HF_PROTOCOL',
        `The Hub wants ${object.path} in a number of parts that does not fit`,
      );
    const parts = await concurrently(urls, AT_ONCE, async (url, index) => {
      const start = index * partBytes;
      const etag = await this.#put(object, url, { start, end: Math.min(object.size, start + partBytes) });
      if (!etag) throw new HfPushError('HAWSER_HF_PROTOCOL', `The store took part ${index + 1} without an ETag`);
      return { partNumber: index + 1, etag };
    });
    const call = { method: 'POST', path: href, isIdempotent: true, headers: { accept: LFS_JSON } };
    await this.#http.ask({ ...call, json: { oid: object.oid, parts } }, (response) =>
      readBody(response, `POST ${href}`),
    );
  }

  async #put(
    object: Stamped,
    href: string,
    part: { readonly start: number; readonly end: number },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string | null> {
    const { path, content, stamp, size } = object;
    const tell = this.#http.onEvent;
    return await this.#http.ask(
      {
        method: 'PUT',
        path: href,
        headers,
        timeoutMs: UPLOAD_TIMEOUT_MS,
        stream: { bytes: part.end - part.start, pieces: () => piecesOf(path, content, stamp, part) },
      },
      async (response) => {
        await readBody(response, `PUT ${href}`);
        tell?.({ type: 'uploaded', path, bytes: part.end - part.start, totalBytes: size });
        return response.headers.get('etag');
      },
    );
  }

  async #verify({ oid, size }: LfsObject, { href, header = {} }: Action): Promise<void> {
    await this.#http.ask(
      { method: 'POST', path: href, headers: { ...header, accept: LFS_JSON }, json: { oid, size }, isIdempotent: true },
      (response) => readBody(response, `POST ${href}`),
    );
  }

  /** The digest was remembered from an earlier run: what is sent must still be that. */
  async #stampAgain({ path, content, oid }: LfsObject): Promise<string> {
    const { sha256, stamp } = await digestLarge(path, content, this.#http.signal);
    if (sha256 !== oid)
      throw new HfPushError('HAWSER_HF_LOCAL_FILE', `${path} changed while it was pushed`, { details: { path } });
    return stamp;
  }
}

function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 429;
}

function isBatchObject(value: unknown): value is BatchObject {
  const { oid, actions } = (value ?? {}) as Partial<BatchObject>;
  const isAction = (action?: Partial<Action>): boolean => action === undefined || URL.canParse(String(action.href));
  return typeof oid === 'string' && isAction(actions?.upload) && isAction(actions?.verify);
}

type Stamped = LfsObject & { readonly stamp: string };
