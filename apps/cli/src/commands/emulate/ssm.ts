import { Flags } from '@oclif/core';
import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import type { TargetSpec } from '@hawser/emulators/ssm';
import { chaosKinds, parseChaos } from '../../emulate/chaos.js';

/** What `--json` prints when it is ready. */
interface Emulated {
  readonly endpoint: string;
  readonly targets: readonly TargetSpec[];
  /** What a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

export default class EmulateSsm extends HawserCommand<typeof EmulateSsm, Emulated> {
  static override summary = 'Run a Session Manager on this machine, and a command against it.';
  static override description =
    'API, gateway and agents on loopback; the shells of its managed nodes are real shells on this machine.\n' +
    'Without a command it stays until it is told to end; --json then prints one line when it is ready.\n' +
    'With a command behind -- it runs that with the environment set, and ends with its exit code.';
  static override usage = '<%= command.id %> [FLAGS] [-- COMMAND...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override flags = {
    port: portFlag({ summary: 'Listen on this port of the loopback address; 0 takes a free one.', least: 0 }),
    seed: Flags.integer({ summary: 'Repeat the chaos of another run.', min: 0, helpValue: 'NUMBER' }),
    chaos: Flags.string({ summary: `What goes wrong at the gateway: ${chaosKinds}.`, helpValue: 'KIND=AMOUNT,...' }),
    'agent-version': Flags.string({ summary: 'Version the agents state.', helpValue: 'VERSION' }),
    paced: Flags.boolean({ summary: 'Send no faster than the real agent does.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> -- hawser ssm list',
    "<%= config.bin %> <%= command.id %> -- hawser ssm run i-0123456789abcdef0 -- sh -c 'exit 7'",
    '<%= config.bin %> <%= command.id %> --chaos lose=0.01,cut-every=500ms --seed 7 -- hawser ssm run i-0123456789abcdef0 -- seq 1000',
  ];

  protected async work(work: Work<typeof EmulateSsm>): Promise<Told> {
    const { flags, onEnd } = work;
    const chaos = flags.chaos === undefined ? {} : { chaos: parseChaos(flags.chaos) };
    const { startSsmEmulator } = await import('@hawser/emulators/ssm');
    const emulator = await startSsmEmulator({
      ...(flags.port === undefined ? {} : { port: flags.port }),
      ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      ...chaos,
      agent: { paced: flags.paced, ...(flags['agent-version'] ? { version: flags['agent-version'] } : {}) },
    });
    onEnd(() => emulator.close());
    const { createAwsEnvironment } = await import('../../emulate/aws-environment.js');
    const { renderEmulator } = await import('../../render/emulator.js');
    const { offerEmulator } = await import('../../emulate/offer.js');
    const { endpoint, targets, env } = emulator;
    const ready: Emulated = { endpoint, targets, env };
    const environment = () => createAwsEnvironment({ inherited: process.env, emulator: env });
    return offerEmulator({ ready, render: (_ready, style) => renderEmulator(emulator, style), environment }, work);
  }
}
