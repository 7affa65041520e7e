import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Answers one request of Node's with what a handler of web requests says, streaming both ways. */
export async function answerWith(
  handle: (request: Request, remoteAddress: string) => Promise<Response>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let asked: Request;
  try {
    asked = toWeb(request, gone.signal);
  } catch {
    request.resume();
    response.writeHead(400).end();
    return;
  }
  const answered = await handle(asked, request.socket.remoteAddress ?? '');
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  if (!answered.body || request.method === 'HEAD') {
    await answered.body?.cancel();
    response.end();
    return;
  }
  response.flushHeaders();
  // Whoever went away is not told.
  await pipeline(Readable.fromWeb(answered.body), response).catch(() => undefined);
}

function toWeb(request: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const method = request.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://${request.headers.host ?? 'localhost'}${request.url ?? '/'}`, {
    method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(request), duplex: 'half' }),
  });
}
