import type { Command } from '@oclif/core';

/**
 * Every command by its id, loaded when it is asked for. Empty here: build.mjs puts in what it finds in src/commands,
 * where the path of a file is the id of the command in it.
 */
export const commands: Readonly<Record<string, Command.Class>> = {};
