import type { Readable } from 'node:stream';
import type { Answer } from './answer.js';

/** Answers with bytes, or with the one range of them that is asked for (RFC 9110 §14). */
export function answerBytes(options: {
  readonly size: number;
  readonly range: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** `end` is included. */
  readonly read: (start: number, end: number) => Buffer | Readable;
}): Answer {
  const { size, range, headers } = options;
  const base = { 'Content-Type': 'application/octet-stream', 'Accept-Ranges': 'bytes', ...headers };
  const match = /^bytes=(\d*)-(\d*)$/u.exec(range ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return whole(size, base, options.read);
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  if (start > end) return { status: 416, headers: { ...base, 'Content-Range': `bytes */${size}` }, body: '' };
  return {
    status: 206,
    headers: { ...base, 'Content-Length': String(end - start + 1), 'Content-Range': `bytes ${start}-${end}/${size}` },
    body: options.read(start, end),
  };
}

function whole(
  size: number,
  headers: Readonly<Record<string, string>>,
  read: (start: number, end: number) => Buffer | Readable,
): Answer {
  return {
    status: 200,
    headers: { ...headers, 'Content-Length': String(size) },
    body: size === 0 ? '' : read(0, size - 1),
  };
}
