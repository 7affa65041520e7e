// change.mjs KIND FOLDER: makes one change of that kind, with the fault of the shim armed only around it.
import { join } from 'node:path';
import { openForeign } from '@hawser/state-store/foreign';
import { counter, run, second, storeIn } from './counter.mjs';

const [kind, folder] = process.argv.slice(2);
const store = storeIn(folder, 2_000);
const up = ({ count }) => ({ count: count + 1 });
const foreign = openForeign({ path: join(folder, 'config.yaml'), format: 'yaml' });
const edit = (draft) => draft.set(['count'], (draft.get(['count']) ?? 0) + 1);

const changes = {
  update: () => store.document(counter).update(up),
  read: () => store.document(counter).read(),
  sensitive: () => store.document({ ...counter, sensitive: true }).update(up),
  foreign: () => foreign.update(edit),
  transaction: () =>
    store.transaction([store1(), store2(), foreign], async (tx) => {
      await tx.update(store1(), up);
      await tx.update(store2(), up);
      await tx.update(foreign, edit);
    }),
};
const handles = { one: store.document(counter), two: store.document(second) };
const store1 = () => handles.one;
const store2 = () => handles.two;

await foreign.read();
globalThis.armFault?.();
await run(async () => {
  const result = await changes[kind]();
  globalThis.disarmFault?.();
  return result;
});
process.stderr.write(`${globalThis.faultCalls ?? 0}`);
