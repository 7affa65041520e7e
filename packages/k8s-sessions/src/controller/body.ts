import { Problem } from './problem.js';

/** The bytes of a body, counted as they come. */
export async function readBytes(request: Request, most: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > most) throw tooLarge(most);
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > most) throw tooLarge(most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A body that is a JSON object; an empty one where nothing was sent. */
export async function readObject(request: Request, most = 1_048_576): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readBytes(request, most);
  if (bytes.byteLength === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), wellFormed);
  } catch (error) {
    throw new Problem('invalid_request', `The body cannot be read as JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Problem('invalid_request', 'The body must be a JSON object.');
}

/** Half of a surrogate pair is no text: no database keeps it. */
function wellFormed(_name: string, value: unknown): unknown {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value))
    throw new SyntaxError('there is half of a surrogate pair');
  return value;
}

function tooLarge(most: number): Problem {
  return new Problem('too_large', `A body may have at most ${most} bytes here.`, { details: { limit: most } });
}
