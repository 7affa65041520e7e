// A disk that takes DISK_BUDGET more bytes after armFault(): the write that crosses the limit is cut short, as the
// system call does it, and later ones fail with ENOSPC.
import fs from 'node:fs';
import { wrapFileSystem } from './wrap-fs.mjs';

let left = Infinity;
globalThis.armFault = () => (left = Number(process.env.DISK_BUDGET));

wrapFileSystem((name, args) => {
  if (name !== 'write' || left === Infinity) return undefined;
  const [descriptor, buffer, offset, length, position] = args;
  if (length <= left) {
    left -= length;
    return undefined;
  }
  if (left === 0)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      errno: -28,
      syscall: 'write',
    });
  const bytesWritten = fs.writeSync(descriptor, buffer, offset, left, position);
  left = 0;
  return { instead: bytesWritten };
});
