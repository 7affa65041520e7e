import type { Command } from '@oclif/core';

/**
 * e.g. `ssm forward TARGET --remote-port PORT [FLAGS]`: the usage a command states, else one made of its arguments and
 * the flags that must be given. `name` is how the command is typed.
 */
export function usageLine(command: Pick<typeof Command, 'args' | 'flags' | 'usage'>, name: string): string {
  const [stated] = [command.usage].flat();
  if (stated !== undefined) return stated.replace('<%= command.id %>', name);
  const words = [name];
  for (const [arg, { required, multiple }] of Object.entries(command.args)) {
    const word = `${arg.toUpperCase()}${multiple ? '...' : ''}`;
    words.push(required ? word : `[${word}]`);
  }
  for (const [flag, definition] of Object.entries(command.flags ?? {})) {
    if (!definition.required) continue;
    words.push(`--${flag}`, ...(definition.type === 'option' ? [String(definition.helpValue ?? 'VALUE')] : []));
  }
  return [...words, '[FLAGS]'].join(' ');
}
