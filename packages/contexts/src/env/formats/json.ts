import { type EnvEntry, type EnvFormat, refuseAnywhere } from './format.js';

/** One JSON object from names to texts. It has no comments: its names are ours when we wrote them. */
export const json: EnvFormat = {
  name: 'json',
  hasComments: false,
  refuse: refuseAnywhere,
  render: (name, value) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  scan(text) {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no JSON object');
    return Object.entries(value).flatMap(([name, held]): EnvEntry[] =>
      typeof held === 'string' ? [{ name, value: held, start: 0, end: 0 }] : [],
    );
  },
};
