// as-nobody.mjs KIND FOLDER [STATE_DIR]: tries what a user without write access sees. Root gives its rights up first.
import { join } from 'node:path';
import { openStore } from '@hawser/state-store';
import { openForeign } from '@hawser/state-store/foreign';
import { counter, run, storeIn } from './counter.mjs';

const [kind, folder, stateDir] = process.argv.slice(2);
const store = stateDir ? openStore({ from: folder, env: { HAWSER_STATE_DIR: stateDir } }) : storeIn(folder);
const document = store.document(counter);
const foreign = openForeign({ path: join(folder, 'config.yaml'), format: 'yaml' });
await foreign.read().catch(() => undefined);
if (process.getuid() === 0) {
  process.setegid(65534);
  process.seteuid(65534);
}
const kinds = {
  read: () => document.read(),
  update: () => document.update(({ count }) => ({ count: count + 1 })),
  remove: () => document.remove(),
  foreign: () => foreign.update((draft) => draft.set(['count'], 1)),
  readForeign: () => foreign.read(),
};
await run(() => kinds[kind]());
