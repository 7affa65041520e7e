// increment.mjs FOLDER TIMES: counts up, one update after the other.
import { counter, run, storeIn } from './counter.mjs';

const [folder, times] = process.argv.slice(2);
const document = storeIn(folder).document(counter);
await run(async () => {
  for (let done = 0; done < Number(times); done++) await document.update(({ count }) => ({ count: count + 1 }));
});
