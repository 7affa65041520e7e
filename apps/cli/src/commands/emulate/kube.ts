import { Flags } from '@oclif/core';
import { HawserCommand, portFlag } from '@hawser/cli-kit';
import type { Told, Work } from '@hawser/cli-kit';
import { parseImages } from '../../emulate/kube-images.js';

/** What `--json` prints when it is ready. */
interface EmulatedKube {
  readonly server: string;
  /** A file with one context; it goes with the emulator. */
  readonly kubeconfig: string;
  /** Images that pods can run. */
  readonly images: readonly string[];
  /** What a client needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

export default class EmulateKube extends HawserCommand<typeof EmulateKube, EmulatedKube> {
  static override summary = 'Run a Kubernetes API server on this machine, and a command against it.';
  static override description =
    'Jobs run, Roles are judged, and pods are processes of this machine, for the images that --run names.\n' +
    'Without a command it stays until it is told to end; --json then prints one line when it is ready.\n' +
    'With a command behind -- it runs that with the environment set, and ends with its exit code.';
  static override usage = '<%= command.id %> [FLAGS] [-- COMMAND...]';
  static override rest = { name: 'COMMAND', passesExitCode: true };
  static override flags = {
    port: portFlag({ summary: 'Listen on this port of the loopback address; 0 takes a free one.', least: 0 }),
    run: Flags.string({
      summary: "What an image stands for: a shell command as its entry point, or nothing: the container's own.",
      helpValue: 'IMAGE[=COMMAND]',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> -- kubectl api-resources',
    "<%= config.bin %> <%= command.id %> --run busybox -- sh -c 'kubectl run hi --image=busybox --restart=Never --command -- echo hello && kubectl wait --for=jsonpath={.status.phase}=Succeeded pod/hi && kubectl logs hi'",
  ];

  protected async work(work: Work<typeof EmulateKube>): Promise<Told> {
    const { flags, onEnd } = work;
    const images = parseImages(flags.run ?? []);
    const { startKubeEmulator } = await import('@hawser/emulators/kube');
    const port = flags.port === undefined ? {} : { port: flags.port };
    const emulator = await startKubeEmulator({ ...port, rbac: true, strict: true, run: { images } });
    onEnd(() => emulator.close());
    const { createKubeEnvironment } = await import('../../emulate/kube-environment.js');
    const { renderKube } = await import('../../render/emulated-kube.js');
    const { offerEmulator } = await import('../../emulate/offer.js');
    const kubeconfig = emulator.kubeconfig({ namespace: 'default' });
    const made = await createKubeEnvironment({ inherited: process.env, kubeconfig });
    onEnd(() => made.close());
    const file = made.env['KUBECONFIG'] ?? '';
    const ready = { server: emulator.url, kubeconfig: file, images: Object.keys(images), env: { KUBECONFIG: file } };
    return offerEmulator({ ready, render: renderKube, environment: () => Promise.resolve(made) }, work);
  }
}
