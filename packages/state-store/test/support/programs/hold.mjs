// hold.mjs FOLDER: keeps the counter's lock in the middle of an update, until a line comes on standard input.
import { once } from 'node:events';
import { counter, run, say, storeIn } from './counter.mjs';

const document = storeIn(process.argv[2]).document(counter);
await run(async () => {
  await document.update(async ({ count }) => {
    say('holding');
    await once(process.stdin, 'data');
    return { count: count + 1 };
  });
  process.stdin.destroy();
});
