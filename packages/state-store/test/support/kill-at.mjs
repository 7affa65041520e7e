// Kills the process (SIGKILL) at its KILL_AT-th file system call after armFault(), before the call is done; a write is
// done by half. Calls that only look are not counted: to be killed before one of them is to be killed before the next
// that changes something.
import fs from 'node:fs';
import { wrapFileSystem } from './wrap-fs.mjs';

const LOOKING = new Set(['close', 'fstat', 'lstat', 'read', 'readdir', 'readFile', 'readlink', 'stat']);

const killAt = Number(process.env.KILL_AT);
let isArmed = false;
globalThis.faultCalls = 0;
globalThis.armFault = () => (isArmed = true);
globalThis.disarmFault = () => (isArmed = false);

wrapFileSystem((name, args) => {
  if (!isArmed || LOOKING.has(name)) return undefined;
  globalThis.faultCalls++;
  if (globalThis.faultCalls !== killAt) return undefined;
  if (name === 'write') fs.writeSync(args[0], args[1], args[2], Math.floor(args[3] / 2), args[4]);
  process.kill(process.pid, 'SIGKILL');
  return undefined;
});
