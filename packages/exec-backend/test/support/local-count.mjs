// Adds one to a row again and again, and says each time that it did. Arguments: folder, key, how often.
import { openFileStore } from '../../dist/stores/files.js';

const [folder, key, times] = process.argv.slice(2);
const store = openFileStore({ folder });
for (let done = 0; done < Number(times);) {
  const row = await store.get('P', key);
  const version = await store.put({ partition: 'P', key, data: (row?.data ?? 0) + 1 }, row?.version ?? 0);
  if (version === undefined) continue;
  done += 1;
  process.stdout.write(`${version}\n`);
}
