import type { Interfaces } from '@oclif/core';
import { CliKitError } from '@hawser/cli-kit/start';
import { nearMisses } from '@hawser/near-miss';

/** The error for words that name no command: says which one may have been meant. */
export function unknownCommand(id: string, config: Interfaces.Config): CliKitError {
  const words = id.split(':');
  const ids = [
    ...config.commands.filter((command) => !command.hidden).flatMap(({ id: own, aliases }) => [own, ...aliases]),
    ...config.topics.filter((topic) => !topic.hidden).map(({ name }) => name),
  ];
  // The words behind a mistyped command look like part of it: try with ever fewer of them.
  let meant: string | undefined;
  for (let count = words.length; count > 0 && !meant; count--) {
    const sameLength = ids.filter((candidate) => candidate.split(':').length === count);
    [meant] = nearMisses(
      words.slice(0, count).join(' '),
      sameLength.map((candidate) => candidate.replaceAll(':', ' ')),
    );
  }
  const topic = config.findTopic(words[0] ?? '') ? ` ${words[0]}` : '';
  return new CliKitError('HAWSER_CLI_UNKNOWN_COMMAND', `There is no command '${config.bin} ${words.join(' ')}'.`, {
    hint: `${meant ? `Did you mean ${config.bin} ${meant}?\n` : ''}${config.bin}${topic} --help lists the commands.`,
    details: meant ? { suggestion: `${config.bin} ${meant}` } : {},
  });
}
