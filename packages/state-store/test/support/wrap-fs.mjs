// Lets the file system calls the store makes pass through `before(name, args)`, which may throw, or return
// { instead } to answer the call itself.
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const SYNCHRONOUS =
  'close fchmod fchown fstat lstat mkdir open read readdir readlink rename rm rmdir stat symlink unlink write writeFile';

export function wrapFileSystem(before) {
  for (const name of Object.keys(promises)) {
    const original = promises[name];
    if (typeof original !== 'function') continue;
    promises[name] = async (...args) => {
      const answer = before(name, args);
      return answer === undefined ? original.apply(promises, args) : answer.instead;
    };
  }
  const { fsync } = fs;
  fs.fsync = (...args) => {
    before('fsync', args);
    fsync.apply(fs, args);
  };
  for (const name of SYNCHRONOUS.split(' ')) {
    const original = fs[`${name}Sync`];
    let isInside = false;
    fs[`${name}Sync`] = (...args) => {
      // The shims use the same functions.
      if (isInside) return original.apply(fs, args);
      isInside = true;
      try {
        const answer = before(name, args);
        return answer === undefined ? original.apply(fs, args) : answer.instead;
      } finally {
        isInside = false;
      }
    };
  }
  syncBuiltinESMExports();
}
