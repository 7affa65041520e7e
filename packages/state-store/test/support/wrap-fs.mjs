// Lets every call of node:fs/promises and of its file handles pass through `before(name, handle, args)`, which may
// throw, or return { instead } to answer the call itself.
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export async function wrapFileSystem(before) {
  const handle = await promises.open(process.execPath, 'r');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of ['write', 'sync', 'stat', 'chmod', 'chown', 'readFile', 'close'])
    wrap(prototype, name, `handle.${name}`);
  for (const name of Object.keys(promises)) if (typeof promises[name] === 'function') wrap(promises, name, name);
  syncBuiltinESMExports();

  function wrap(owner, name, label) {
    const original = owner[name];
    owner[name] = async function (...args) {
      const answer = await before(label, this, args);
      return answer === undefined ? original.apply(this, args) : answer.instead;
    };
  }
}
