import type { Command, Hook, Interfaces } from '@oclif/core';

// What oclif looks for by these names (package.json), each loaded when it is used.

/** Called by oclif when it knows no such command. */
export const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const { unknownCommand } = await import('./unknown-command.js');
  throw unknownCommand(id, config);
};

/** Made by oclif where help is asked for: one hand for all commands and topics, ours and those of plugins. */
export class Help {
  readonly #config: Interfaces.Config;

  constructor(config: Interfaces.Config) {
    this.#config = config;
  }

  async showHelp(argv: readonly string[]): Promise<void> {
    const { showHelp } = await import('../help/show.js');
    await showHelp(argv, this.#config);
  }

  async showCommandHelp(command: Command.Loadable): Promise<void> {
    const { showCommandHelp } = await import('../help/show.js');
    await showCommandHelp(command, this.#config);
  }
}
