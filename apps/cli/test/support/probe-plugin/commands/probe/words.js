import { Args, Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';

export default class Words extends HawserCommand {
  static rest = { name: 'MORE' };
  static args = { first: Args.string({ required: true }), second: Args.string() };
  static flags = { item: Flags.string({ multiple: true }) };

  async work({ args, flags, rest }) {
    return { data: { args, item: flags.item, rest } };
  }
}
