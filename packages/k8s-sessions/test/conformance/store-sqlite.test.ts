import { afterAll } from '@jest/globals';
import { makeSqliteStore } from '../support/sqlite-store.js';
import { holdStore } from './store-suite.js';

const made: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const one of made) await one.remove();
});

holdStore('SQLite', async () => {
  const one = await makeSqliteStore();
  made.push(one);
  return one.store;
});
