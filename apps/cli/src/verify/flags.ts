import { Flags } from '@oclif/core';

/** What a receipt is held against. */
export const verifyFlags = {
  'public-key': Flags.string({
    summary: 'Trust this key and no other: a PEM file, or the key set of a service. May be repeated.',
    helpValue: 'FILE',
    multiple: true,
  }),
  previous: Flags.string({ summary: 'Compare with this receipt, the one before it in its chain.', helpValue: 'FILE' }),
  log: Flags.string({ summary: 'Compare the log with this file, too.', helpValue: 'FILE' }),
};
