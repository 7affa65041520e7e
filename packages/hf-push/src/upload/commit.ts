import { HfPushError } from '../errors.js';
import type { Http } from '../http/http.js';
import type { StreamBody } from '../http/stream-request.js';
import type { CommitOperation, NewCommit } from '../hub/types.js';

/** Of content, a multiple of three so that the base64 of each piece joins that of the next. */
const PIECE = 3 << 16;

/**
 * Makes one commit: NDJSON whose lines are made while they are sent, so that no more than one file is in memory.
 *
 * @see huggingface_hub `_commit_api.py` (`_prepare_commit_payload`) for the lines.
 */
export async function commitFiles(
  http: Http,
  space: string,
  commit: NewCommit,
  tookEffect?: () => Promise<string | undefined>,
): Promise<{ readonly id: string }> {
  const revision = encodeURIComponent(commit.revision ?? 'main');
  const answer = await http.json<{ commitOid?: string }>(
    {
      method: 'POST',
      path: `/api/spaces/${space}/commit/${revision}`,
      headers: { 'content-type': 'application/x-ndjson' },
      stream: commitBody(commit),
      timeoutMs: 3_600_000,
    },
    tookEffect &&
      (async () => {
        const commitOid = await tookEffect();
        return commitOid === undefined ? undefined : { commitOid };
      }),
  );
  if (typeof answer.commitOid !== 'string')
    throw new HfPushError('HAWSER_HF_PROTOCOL', 'The Hub made a commit without naming it');
  return { id: answer.commitOid };
}

/** The NDJSON of a commit, and its length, which the sizes of the files tell before any is read. */
export function commitBody({ title, description, parent, operations }: NewCommit): StreamBody {
  const header = line('header', { summary: title, description, parentCommit: parent });
  const frames = operations.map(frameOf);
  const bytes = frames.reduce((sum, { open, close, contentBytes }) => {
    return sum + Buffer.byteLength(open) + 4 * Math.ceil(contentBytes / 3) + Buffer.byteLength(close);
  }, Buffer.byteLength(header));
  return { bytes, pieces: () => gathered(contentOf(header, frames)) };
}

interface Frame {
  readonly open: string;
  readonly close: string;
  readonly contentBytes: number;
  readonly read: () => Promise<Uint8Array>;
}

function frameOf(operation: CommitOperation): Frame {
  switch (operation.kind) {
    case 'file': {
      const { path, size } = operation.file;
      return {
        open: `{"key":"file","value":{"path":${JSON.stringify(path)},"encoding":"base64","content":"`,
        close: '"}}\n',
        contentBytes: size,
        read: () => operation.read(),
      };
    }
    case 'lfs': {
      const { path, oid, size } = operation;
      return lineFrame('lfsFile', { path, algo: 'sha256', oid, size });
    }
    case 'delete':
      return lineFrame('deletedFile', { path: operation.path });
    default:
      return operation satisfies never;
  }
}

function lineFrame(key: string, value: unknown): Frame {
  return { open: line(key, value), close: '', contentBytes: 0, read: async () => new Uint8Array() };
}

function line(key: string, value: unknown): string {
  return `${JSON.stringify({ key, value })}\n`;
}

async function* contentOf(header: string, frames: readonly Frame[]): AsyncGenerator<string> {
  yield header;
  for (const { open, close, contentBytes, read } of frames) {
    yield open;
    if (contentBytes > 0) {
      const content = await read();
      const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.toString('base64', at, at + PIECE);
    }
    yield close;
  }
}

/** Joins small texts into pieces worth a write, in one buffer that is used again and again. */
async function* gathered(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(2 * PIECE);
  let filled = 0;
  for await (const text of texts) {
    const bytes = Buffer.byteLength(text);
    if (filled + bytes > buffer.length) {
      yield buffer.subarray(0, filled);
      filled = 0;
    }
    if (bytes > buffer.length) yield Buffer.from(text);
    else filled += buffer.write(text, filled);
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
