import { Flags } from '@oclif/core';
import type { StringFlag } from '@hawser/cli-kit';

/** Where the signed record of what a command did goes. */
export function receiptFlag(helpGroup: string): StringFlag {
  return Flags.string({ summary: 'Write a signed receipt into this file.', helpGroup, helpValue: 'FILE' });
}
