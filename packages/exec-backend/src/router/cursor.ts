import { invalid } from './http.js';

/** What must be remembered between two pages, so that nobody is tempted to look into it. */
export function encodeCursor(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What {@link encodeCursor} made. Throws `invalid_request` for anything else. */
export function decodeCursor(cursor: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (cursor === undefined || cursor === '') return undefined;
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown;
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalid('cursor', 'is none that was given out here');
}
