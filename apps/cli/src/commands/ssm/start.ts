import { Flags } from '@oclif/core';
import { awsFlags, HawserCommand, targetArg } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';

interface Started {
  readonly sessionId: string;
  readonly target: string;
  readonly reason: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export default class SsmStart extends HawserCommand<typeof SsmStart, Started> {
  static override summary = 'Open a shell on a managed node.';
  static override description =
    'Type ~? at the start of a line for the escapes; ~. ends the session.\n' +
    'With --json the shell shows on stderr, and stdout says how it ended.';
  static override args = { target: targetArg() };
  static override flags = {
    ...awsFlags,
    document: Flags.string({
      summary: 'Use this session document instead of the shell of the account.',
      helpValue: 'NAME',
    }),
    parameter: Flags.string({
      summary: 'Set a parameter of the document; may be repeated.',
      helpValue: 'NAME=VALUE',
      multiple: true,
    }),
    reason: Flags.string({ summary: 'Leave this reason in the session history.', helpValue: 'TEXT' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> i-0123456789abcdef0',
    '<%= config.bin %> <%= command.id %> tag:Name=web-1 --profile staging',
  ];

  protected async work({ args, flags, aws, out, signal, onEnd }: Work<typeof SsmStart>): Promise<Result<Started>> {
    const { openSessionOn } = await import('../../session/open-session.js');
    const { attach } = await import('../../session/attach.js');
    const { readParameters } = await import('../../session/parameters.js');
    const { session, target } = await openSessionOn(
      {
        target: args.target,
        ...(flags.document === undefined ? {} : { document: flags.document }),
        ...(flags.parameter === undefined ? {} : { parameters: readParameters(flags.parameter) }),
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      },
      { aws, out, signal, onEnd },
    );
    const { reason, output, error, bytesIn, bytesOut } = await attach(session, { json: out.json, signal });
    if (error) throw error;
    if (output) out.say(output);
    return { data: { sessionId: session.sessionId, target: target.target, reason, bytesIn, bytesOut } };
  }
}
