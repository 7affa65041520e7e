import { requestLimits } from '@hawser/exec-client/contract';
import { ApiError } from '../core/api-error.js';

/** An answer that is JSON. */
export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

/** The body of a request: JSON, or nothing where nothing was sent. At most 1 MiB, counted as it comes. */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text, wellFormed) as unknown;
  } catch (error) {
    throw new ApiError('invalid_request', `The body cannot be read as JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The body of a request as an object; an empty one where nothing was sent. */
export async function readObject(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const body = (await readJson(request)) ?? {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new ApiError('invalid_request', 'The body must be a JSON object.');
}

/** Half of a surrogate pair is no text: no store keeps it, and no receipt can hold it. */
function wellFormed(_name: string, value: unknown): unknown {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value))
    throw new SyntaxError('there is half of a surrogate pair');
  return value;
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > requestLimits.bodyBytes) throw tooLarge();
  if (!request.body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > requestLimits.bodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new ApiError('invalid_request', 'The body is not UTF-8.', { cause: error });
  }
}

function tooLarge(): ApiError {
  return new ApiError('payload_too_large', `A body may have at most ${requestLimits.bodyBytes} bytes.`, {
    details: { limit: requestLimits.bodyBytes },
  });
}

/** A field of a body or of a query that is text of at most so many characters. */
export function textField(source: Readonly<Record<string, unknown>>, name: string, most = 1024): string | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.length <= most) return value;
  throw invalid(name, `must be text of at most ${most} characters`);
}

/** A field of a body that must be there. */
export function requiredText(source: Readonly<Record<string, unknown>>, name: string, most = 1024): string {
  const value = textField(source, name, most);
  if (value === undefined || value === '') throw invalid(name, 'is missing');
  return value;
}

/** A field of a body that is true or false. */
export function flagField(source: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = source[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalid(name, 'must be true or false');
}

/** A number in a body or, as text, in a query. */
export function numberField(
  source: Readonly<Record<string, unknown>>,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const value = source[name];
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && number >= least && number <= most) return number;
  throw invalid(name, `must be a number from ${least} to ${most}`);
}

/** One thing that is wrong with a request. */
export function invalid(path: string, message: string): ApiError {
  return new ApiError('invalid_request', `${path} ${message}.`, { details: { problems: [{ path, message }] } });
}
