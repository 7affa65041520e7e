import { ExecBackendError } from '../errors.js';

/** The system's own word for what failed, of an error or of what caused it. */
export function errnoOf(error: unknown): string | undefined {
  for (let at = error; isThrown(at); at = at.cause) {
    if (typeof at.code === 'string' && /^E[A-Z0-9]+$/.test(at.code)) return at.code;
  }
  return undefined;
}

/** By its fields: an error of another realm is no instance of this one's Error. */
function isThrown(value: unknown): value is { readonly code?: unknown; readonly cause?: unknown } {
  return typeof value === 'object' && value !== null;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return isThrown(error) && 'message' in error ? String(error.message) : String(error);
}

/** What a person reads when the folder of local executions cannot be used. */
export function storeFailed(error: unknown, verb: string, folder: string): ExecBackendError {
  if (error instanceof ExecBackendError) return error;
  const errno = errnoOf(error);
  const [why, hint] = explain(errno, folder);
  return new ExecBackendError(
    'HAWSER_EXEC_BACKEND_STORE_FAILED',
    `Cannot ${verb} in ${folder}: ${why ?? messageOf(error)}.`,
    {
      hint,
      details: { folder, ...(errno !== undefined && { errno }) },
      cause: error,
    },
  );
}

function explain(errno: string | undefined, folder: string): readonly [string | undefined, string | undefined] {
  switch (errno) {
    case 'ENOSPC':
    case 'EDQUOT':
      return ['the disk is full', 'Free some space, or raise the quota, and try again; what was stored is intact.'];
    case 'EROFS':
      return ['the file system is read-only', `Mount it writable, or choose another folder than ${folder}.`];
    case 'EACCES':
    case 'EPERM':
      return ['permission was refused', `Make ${folder} yours: chown it, and chmod 700.`];
    case 'ENOTDIR':
    case 'EEXIST':
      return ['a file is in the way of the folder', `Move away what stands at ${folder}.`];
    default:
      return [undefined, undefined];
  }
}
