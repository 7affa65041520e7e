import type { Command } from '@oclif/core';
import type { Rest } from './command.js';

/** What of a command class the usage line is made of. */
type Described = Pick<typeof Command, 'id' | 'args' | 'flags'> & { readonly rest?: Rest | undefined };

/** e.g. `ssm run TARGET [FLAGS] -- COMMAND...`; flags that must be given are named. */
export function usageLine(command: Described): string {
  const words = [command.id ?? ''];
  for (const [name, arg] of Object.entries(command.args)) {
    const word = `${name.toUpperCase()}${arg.multiple ? '...' : ''}`;
    words.push(arg.required ? word : `[${word}]`);
  }
  for (const [name, flag] of Object.entries(command.flags ?? {})) {
    if (flag.required) words.push(`--${name}${flag.type === 'option' ? ` ${flag.helpValue ?? 'VALUE'}` : ''}`);
  }
  words.push('[FLAGS]');
  if (command.rest) {
    const rest = `-- ${command.rest.name}...`;
    words.push(command.rest.required ? rest : `[${rest}]`);
  }
  return words.join(' ');
}
