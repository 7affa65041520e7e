import { Flags } from '@oclif/core';
import { partNames } from './parts.js';

/** Which parts, and where. */
export const partFlags = {
  only: Flags.option({
    summary: 'Start this part and no other. May be repeated.',
    helpGroup: 'PARTS',
    options: partNames,
    multiple: true,
    exclusive: ['without'],
  })(),
  without: Flags.option({
    summary: 'Start all parts but this. May be repeated.',
    helpGroup: 'PARTS',
    options: partNames,
    multiple: true,
  })(),
  port: Flags.string({
    summary:
      'Where a part listens on the loopback address; 0 takes a free one. Default: that of the last time. May be repeated.',
    helpGroup: 'PARTS',
    helpValue: 'PART=PORT',
    multiple: true,
  }),
};
