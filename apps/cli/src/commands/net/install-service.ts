import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ServiceFacts } from '../../net/service.js';
import { setArg } from '../../net/flags.js';

export default class NetInstallService extends HawserCommand<typeof NetInstallService, ServiceFacts> {
  static override summary = 'Keep a set of tunnels open from login on, by the service manager.';
  static override description =
    'Writes a user unit of systemd, on macOS a launch agent, that runs hawser net up --foreground in this project, and starts it. Under systemd it outlives your logout where lingering is on: loginctl enable-linger.';
  static override args = { set: setArg };
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'Show what would be written, and install nothing.', aliases: ['print'] }),
    remove: Flags.boolean({ summary: 'Stop it and take it away.', exclusive: ['dry-run'] }),
  };
  static override examples = ['<%= config.bin %> <%= command.id %> staging --dry-run'];

  protected async work(work: Work<typeof NetInstallService>): Promise<Result<ServiceFacts>> {
    const { changeService } = await import('../../net/service.js');
    const data = await changeService(work.args.set, work.flags, { ...work, root: this.config.root });
    return {
      data,
      text: data.state === 'printed' ? data.text.trimEnd() : `${data.name} is ${data.state}: ${data.path}`,
    };
  }
}
