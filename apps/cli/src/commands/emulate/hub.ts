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

  protected async work({ flags, rest, out, signal, leaveCtrlC, onEnd }: Work<typeof EmulateHub>): Promise<Told> {
    const { startHubEmulator } = await import('@hawser/emulators/hub');
    const emulator = await startHubEmulator(flags.port === undefined ? {} : { port: flags.port });
    onEnd(() => emulator.close());
    if (rest.length > 0) {
      const { createHubEnvironment } = await import('../../emulate/hub-environment.js');
      const { runChild } = await import('../../emulate/run-child.js');
      const environment = await createHubEnvironment({ inherited: process.env, emulator: emulator.env });
      onEnd(() => environment.close());
      if (process.stdin.isTTY) leaveCtrlC();
      return { told: true, exitCode: await runChild({ command: rest, env: environment.env, signal, onEnd }) };
    }
    // Its token opens nothing but itself.
    for (const value of Object.values(emulator.env)) out.show(value);
    const [account] = emulator.accounts;
    const ready: EmulatedHub = {
      endpoint: emulator.endpoint,
      account: { name: account?.name ?? '', orgs: Object.keys(account?.orgs ?? {}) },
      env: emulator.env,
    };
    out.record(ready);
    if (!out.json) {
      const { renderHub } = await import('../../render/emulated-hub.js');
      out.data(renderHub(ready, await out.style()));
    }
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return { told: true };
  }
}
