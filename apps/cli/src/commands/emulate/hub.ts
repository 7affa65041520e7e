import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';

/** What `--json` prints when it is ready. */
interface EmulatedHub {
  readonly endpoint: string;
  /** Whose Spaces can be made there: a person and organizations. */
  readonly account: {
    readonly name: string;
    readonly orgs: readonly string[];
  };
  /** What a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

export default class EmulateHub extends HawserCommand<typeof EmulateHub, EmulatedHub> {
  static override summary = 'Run a Hugging Face Hub for Spaces on this machine, and a command against it.';
  static override description =
    'Spaces there are git repositories that can be cloned; what is pushed to them is built in name only, at once.\n' +
    'Without a command it stays until it is told to end; --json then prints one line when it is ready.\n' +
    'With a command behind -- it runs that with the environment set, and ends with its exit code.';
  static override usage = '<%= command.id %> [FLAGS] [-- COMMAND...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override flags = {
    port: portFlag({ summary: 'Listen on this port of the loopback address; 0 takes a free one.', least: 0 }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --json',
    `<%= config.bin %> <%= command.id %> -- sh -c 'curl -sf -H "Authorization: Bearer $HF_TOKEN" "$HF_ENDPOINT/api/whoami-v2"'`,
  ];

  protected async work(work: Work<typeof EmulateHub>): Promise<Told> {
    const { flags, onEnd } = work;
    const { startHubEmulator } = await import('@hawser/emulators/hub');
    const emulator = await startHubEmulator(flags.port === undefined ? {} : { port: flags.port });
    onEnd(() => emulator.close());
    const { createHubEnvironment } = await import('../../emulate/hub-environment.js');
    const { renderHub } = await import('../../render/emulated-hub.js');
    const { offerEmulator } = await import('../../emulate/offer.js');
    const { endpoint, accounts, env } = emulator;
    const [account] = accounts;
    const ready: EmulatedHub = {
      endpoint,
      account: { name: account?.name ?? '', orgs: Object.keys(account?.orgs ?? {}) },
      env,
    };
    const environment = () => createHubEnvironment({ inherited: process.env, emulator: env });
    return offerEmulator({ ready, render: renderHub, environment }, work);
  }
}
