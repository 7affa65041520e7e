import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';

/** What `--json` prints when it is ready. */
interface EmulatedAws {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** What a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

export default class EmulateAws extends HawserCommand<typeof EmulateAws, EmulatedAws> {
  static override summary =
    'Run an AWS on this machine whose tasks and functions really run, and a command against it.';
  static override description =
    'CloudFormation, ECS on Fargate, Lambda, API Gateway, EventBridge, CloudWatch Logs, DynamoDB and parameters on\n' +
    'loopback. Containers and functions are processes of this machine.\n' +
    'Without a command it stays until it is told to end; --json then prints one line when it is ready.\n' +
    'With a command behind -- it runs that with the environment set, and ends with its exit code.';
  static override usage = '<%= command.id %> [FLAGS] [-- COMMAND...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override flags = {
    port: portFlag({ summary: 'Listen on this port of the loopback address; 0 takes a free one.', least: 0 }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> -- hawser aws check',
  ];

  protected async work(work: Work<typeof EmulateAws>): Promise<Told> {
    const { flags, onEnd } = work;
    const { startAwsEmulator } = await import('@hawser/emulators/aws');
    const emulator = await startAwsEmulator(flags.port === undefined ? {} : { port: flags.port });
    onEnd(() => emulator.close());
    const { createAwsEnvironment } = await import('../../emulate/aws-environment.js');
    const { renderAws } = await import('../../render/emulated-aws.js');
    const { offerEmulator } = await import('../../emulate/offer.js');
    const { endpoint, region, accountId, env } = emulator;
    const ready: EmulatedAws = { endpoint, region, accountId, env };
    const environment = () => createAwsEnvironment({ inherited: process.env, emulator: env });
    return offerEmulator({ ready, render: renderAws, environment }, work);
  }
}
