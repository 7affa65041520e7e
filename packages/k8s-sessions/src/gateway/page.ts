import { readFile, readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** The page's files, read once and kept. */
export interface Page {
  /** The page of a session. */
  document(request: Request): Promise<Response>;
  /** A file the page loads; undefined when there is none of that name. */
  asset(name: string, request: Request): Promise<Response | undefined>;
}

interface KeptFile {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
};

/** A year: assets carry a digest in their name. */
const assetCaching = 'public, max-age=31536000, immutable';

/**
 * What keeps the page to itself: nothing is loaded from elsewhere, no other page may show it in a frame, it says to
 * nobody where it came from, and what is typed into it is for its own origin only.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // xterm.js sizes its cells by style elements of its own making.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Opens the folder of the built page. Files are read when they are first asked for. */
export function openPage(folder: string): Page {
  const kept = new Map<string, Promise<KeptFile>>();
  let names: Promise<ReadonlySet<string>> | undefined;

  const file = (name: string): Promise<KeptFile> => {
    const known = kept.get(name) ?? keep(join(folder, name));
    kept.set(name, known);
    // What could not be read is tried again by the next who asks.
    known.catch(() => kept.delete(name));
    return known;
  };
  return {
    document: async (request) => answer(await file('index.html'), request, 'no-store'),
    asset: async (name, request) => {
      names ??= readdir(folder).then((found) => new Set(found));
      names.catch(() => (names = undefined));
      if (name === 'index.html' || !(await names).has(name)) return undefined;
      return answer(await file(name), request, assetCaching);
    },
  };
}

async function keep(path: string): Promise<KeptFile> {
  const body = new Uint8Array(await readFile(path));
  const packed = new Uint8Array(await promisify(gzip)(body));
  return { type: types[extname(path)] ?? 'application/octet-stream', body, packed };
}

function answer({ type, body, packed }: KeptFile, request: Request, caching: string): Response {
  const takesGzip = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
  return new Response(request.method === 'HEAD' ? null : takesGzip ? packed : body, {
    headers: {
      ...securityHeaders,
      'content-type': type,
      'cache-control': caching,
      vary: 'accept-encoding',
      ...(takesGzip && { 'content-encoding': 'gzip' }),
    },
  });
}
