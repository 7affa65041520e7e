import { Args } from '@oclif/core';
import { HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';

interface Script {
  readonly shell: string;
  readonly script: string;
}

export default class Completion extends HawserCommand<typeof Completion, Script> {
  static override summary = 'Print what lets a shell complete commands, flags and live names.';
  static override description = [
    'Targets, tunnel sets, runs, sessions, Spaces, contexts and profiles are looked up when Tab is pressed, for a second at most. To keep it:',
    '  bash  hawser completion bash > ~/.local/share/bash-completion/completions/hawser',
    '  zsh   hawser completion zsh > "${fpath[1]}/_hawser"',
    '  fish  hawser completion fish > ~/.config/fish/completions/hawser.fish',
  ].join('\n');
  static override hiddenAliases = ['autocomplete', 'autocomplete:script'];
  static override args = {
    shell: Args.string({ description: 'The shell. Default: that of SHELL.', options: ['bash', 'zsh', 'fish'] }),
  };
  static override examples = [
    '<%= config.bin %> <%= command.id %> bash > /tmp/hawser.bash',
    '<%= config.bin %> <%= command.id %> zsh > /tmp/_hawser',
    '<%= config.bin %> <%= command.id %> fish > /tmp/hawser.fish',
  ];

  protected async work({ args }: Work<typeof Completion>): Promise<Result<Script>> {
    const { completionScript } = await import('../complete/script.js');
    const data = await completionScript(args.shell, this.config);
    return { data, text: data.script.trimEnd() };
  }
}
