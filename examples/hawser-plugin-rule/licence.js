import { readdir } from 'node:fs/promises';

/** @type {import('@hawser/cli-kit').HfRule} */
export const extension = {
  asks: 'An environment says under which licence it may be used.',
  async check({ folder }) {
    const names = await readdir(folder);
    if (names.some((name) => /^(?:licen[cs]e|copying)(?:\.|$)/i.test(name))) return [];
    return [{ severity: 'error', message: 'There is no licence.', hint: 'Put a file LICENSE beside openenv.yaml.' }];
  },
};
