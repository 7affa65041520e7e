// Lets the file system calls the store makes pass through `before(name, args)`, which may throw, or return
// { instead: [results] } to answer the call itself.
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export function wrapFileSystem(before) {
  for (const name of Object.keys(promises)) {
    const original = promises[name];
    if (typeof original !== 'function') continue;
    promises[name] = async (...args) => {
      const answer = before(name, args);
      return answer === undefined ? original.apply(promises, args) : answer.instead[0];
    };
  }
  for (const name of ['open', 'read', 'write', 'fsync']) {
    const original = fs[name];
    fs[name] = (...args) => {
      const done = args.pop();
      const answer = attempt(() => before(name, args));
      if (answer.error) process.nextTick(done, answer.error);
      else if (answer.value === undefined) original.call(fs, ...args, done);
      else process.nextTick(done, null, ...answer.value.instead);
    };
  }
  for (const name of ['fchmodSync', 'fchownSync', 'fstatSync', 'closeSync']) {
    const original = fs[name];
    fs[name] = (...args) => {
      before(name, args);
      return original.apply(fs, args);
    };
  }
  syncBuiltinESMExports();
}

function attempt(work) {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
