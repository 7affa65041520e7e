// A person exchanges the counter's lock in the worst moment: right before a breaker takes a dead one away.
import fs from 'node:fs';
import { wrapFileSystem } from './wrap-fs.mjs';

wrapFileSystem((name, args) => {
  if (name !== 'rename' || !String(args[1]).includes('.aside-')) return undefined;
  fs.unlinkSync(args[0]);
  fs.symlinkSync(process.env.LIVING_LOCK, args[0]);
  return undefined;
});
