/**
 * Keys as Node's raw mode names them on Windows (libuv, `src/win/tty.c`, get_vt100_fn_key) and as the far side's
 * `TERM=xterm-256color` and the original plugin's Windows build name them. Keys that are the same in both are left out.
 */
const renamed: ReadonlyMap<string, string> = new Map([
  ['\x08', '\x7f'],
  ['\x7f', '\x08'],
  ['\x1b[A', '\x1bOA'],
  ['\x1b[B', '\x1bOB'],
  ['\x1b[C', '\x1bOC'],
  ['\x1b[D', '\x1bOD'],
  ['\x1b[1~', '\x1b[H'],
  ['\x1b[4~', '\x1b[F'],
  ['\x1b[[A', '\x1bOP'],
  ['\x1b[[B', '\x1bOQ'],
  ['\x1b[[C', '\x1bOR'],
  ['\x1b[[D', '\x1bOS'],
  ['\x1b[[E', '\x1b[15~'],
]);

/**
 * Says a key the way the far side's terminal type expects it.
 *
 * Node reads the Windows console key by key, so a chunk that is exactly one known key is that key; everything else,
 * pasted text among it, passes unchanged.
 */
export function windowsKey(chunk: Buffer): Buffer {
  if (chunk.length > 4) return chunk;
  const other = renamed.get(chunk.toString('latin1'));
  return other === undefined ? chunk : Buffer.from(other, 'latin1');
}
