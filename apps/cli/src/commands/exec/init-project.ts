import { Flags } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import { secondsFlag } from '../../wiring/seconds-flag.js';

interface ProjectMade {
  readonly path: string;
  readonly text: string;
}

export default class ExecInitProject extends HawserCommand<typeof ExecInitProject, ProjectMade> {
  static override summary = 'Write the .hawser.yaml of a project.';
  static override description =
    'Asks on a terminal, with what it found as the answer to take; elsewhere, and with --yes, the flags and what it found are the answers. The file is meant to be committed, and holds no secrets.';
  static override flags = {
    repo: Flags.string({ char: 'r', summary: 'Repository. Default: the remote of this folder.', helpValue: 'URL' }),
    branch: Flags.string({ char: 'b', summary: "Branch. Default: the remote's HEAD.", helpValue: 'REF' }),
    image: Flags.string({ summary: 'Container image to run in.', helpValue: 'IMAGE' }),
    timeout: secondsFlag({ summary: 'Stop commands after this long; a bare number is seconds.' }),
    env: Flags.string({
      char: 'e',
      summary: 'Set a variable. May be repeated.',
      helpValue: 'KEY=VALUE',
      multiple: true,
    }),
    backend: Flags.string({ summary: 'Pin the project to this backend.', helpValue: 'NAME' }),
    yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
    force: Flags.boolean({ summary: 'Write over a file that is there.' }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> --yes',
    '<%= config.bin %> <%= command.id %> --repo https://github.com/acme/infra --image hashicorp/terraform:1.6 --force --yes',
  ];

  protected async work(work: Work<typeof ExecInitProject>): Promise<Result<ProjectMade>> {
    const { initProject } = await import('../../exec/init-project.js');
    const made = await initProject(work.flags, work);
    return { data: made, text: `Created ${made.path}\n\nYou can now run: hawser exec "echo hello"` };
  }
}
