import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Environment variables, as of `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Room for `/KEY/INSTANCE/l99999/` and a file name below a unix socket's 103 bytes. */
const RUNTIME_BASE_LIMIT = 45;

/**
 * Where the supervisors of all projects have their folders: `$XDG_RUNTIME_DIR/hawser`, and a folder below the one for
 * temporary files, because whoever opened the tunnels may have had the variable, or not.
 */
export function runtimeBases(env: Environment): string[] {
  const xdg = absolute(env['XDG_RUNTIME_DIR']);
  const fallback = join(absolute(env['TMPDIR']) ?? tmpdir(), `hawser-${userInfo().uid}`);
  const candidates = xdg === undefined ? [fallback] : [join(xdg, 'hawser'), fallback];
  const short = candidates.filter((path) => Buffer.byteLength(path) <= RUNTIME_BASE_LIMIT);
  return short.length > 0 ? short : [`/tmp/hawser-${userInfo().uid}`];
}

/** A path that is absolute; a relative one in a variable counts for none. */
export function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined;
}
