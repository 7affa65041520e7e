import { HfPushError } from '../errors.js';
import { concurrently } from '../http/concurrently.js';
import type { Http } from '../http/http.js';
import type { UploadMode } from '../hub/types.js';

/** Files per request, as the official Python client does it. */
const BATCH = 256;

interface ApiPreupload {
  readonly files?: unknown;
  readonly commitOid?: string;
}

interface ApiMode {
  readonly path?: unknown;
  readonly uploadMode?: unknown;
  readonly shouldIgnore?: unknown;
}

/** Asks the Hub how it wants each file. `sample` is the first 512 bytes. */
export async function preupload(
  http: Http,
  space: string,
  revision: string,
  files: readonly { readonly path: string; readonly size: number; readonly sample: Uint8Array }[],
): Promise<{ readonly modes: readonly UploadMode[]; readonly head: string | undefined }> {
  const batches = Array.from({ length: Math.ceil(files.length / BATCH) }, (_, index) =>
    files.slice(index * BATCH, (index + 1) * BATCH),
  );
  const answers = await concurrently(batches, 4, (batch) =>
    http.json<ApiPreupload>({
      method: 'POST',
      path: `/api/spaces/${space}/preupload/${encodeURIComponent(revision)}`,
      isIdempotent: true,
      json: {
        files: batch.map(({ path, size, sample }) => ({
          path,
          size,
          sample: Buffer.from(sample.buffer, sample.byteOffset, sample.byteLength).toString('base64'),
        })),
      },
    }),
  );
  return {
    modes: answers.flatMap(modesOf),
    head: answers.at(-1)?.commitOid,
  };
}

function modesOf({ files }: ApiPreupload): UploadMode[] {
  if (!Array.isArray(files)) throw new HfPushError('HAWSER_HF_PROTOCOL', 'The Hub does not say how it wants the files');
  return (files as readonly (ApiMode | null)[]).map((file) => ({
    path: String(file?.path),
    mode: file?.uploadMode === 'lfs' ? 'lfs' : 'regular',
    isIgnored: file?.shouldIgnore === true,
  }));
}
