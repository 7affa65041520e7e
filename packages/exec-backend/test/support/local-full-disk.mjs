// On a file system of its own that becomes full, and one that is read-only: what a store does. Argument: an empty folder.
// Prints what came of it as JSON. Runs in namespaces of its own: unshare --user --map-root-user --mount.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFileStore } from '../../dist/stores/files.js';
import { openFileSecrets } from '../../dist/local/secrets.js';
import { LogWriter } from '../../dist/logs/writer.js';

const [folder] = process.argv.slice(2);
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
const store = openFileStore({ folder });
const secrets = openFileSecrets(join(folder, 'secrets.json'));
await store.put({ partition: 'P', key: 'a', data: 'before' }, 0);
await secrets.put('TOKEN', 'before');
const log = new LogWriter(join(folder, 'log'), 'runner');
const ballast = join(folder, 'ballast');
for (let size = 1 << 20; size > 0; size >>= 1) {
  try {
    writeFileSync(join(folder, `ballast${size}`), Buffer.alloc(size));
  } catch {
    // Full at this size: the next is smaller.
  }
}
mkdirSync(ballast, { recursive: true });
const outcome = async (work) => {
  try {
    return { done: await work() };
  } catch ({ code, hint, message }) {
    return { code, hint, message };
  }
};
const full = await outcome(() => store.put({ partition: 'P', key: 'a', data: 'x'.repeat(60_000) }, 1));
const fullSecret = await outcome(() => secrets.put('TOKEN', 'y'.repeat(60_000)));
const waited = log.append(Buffer.from('x'.repeat(60_000)), 1);
const kept = await store.get('P', 'a');
for (const name of readdirSync(folder)) if (name.startsWith('ballast')) rmSync(join(folder, name), { recursive: true });
await waited;
const mark = await log.end();
const after = await outcome(() => store.put({ partition: 'P', key: 'a', data: 'after' }, 1));
const secret = (await secrets.resolve(['TOKEN'])).get('TOKEN');
execFileSync('mount', ['-o', 'remount,ro', folder]);
const readOnly = await outcome(() => store.put({ partition: 'P', key: 'b', data: 1 }, 0));
const read = (await store.get('P', 'a')).data;
const locks = readdirSync(join(folder, 'locks'));
console.log(
  JSON.stringify({ full, fullSecret, kept, waited: waited !== undefined, mark, after, secret, readOnly, read, locks }),
);
