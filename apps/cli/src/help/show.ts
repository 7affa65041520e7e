import { CommandHelp } from '@oclif/core';
import type { Command, Interfaces } from '@oclif/core';
import { unknownCommand } from '../start/unknown-command.js';
import { layOut } from './layout.js';
import { renderCommandHelp, renderTopicHelp, type DescribedCommand, type DescribedTopic, type Row } from './render.js';

/** Shows help for what the words name: a command or topic, ours or a plugin's, or the whole program. */
export async function showHelp(argv: readonly string[], config: Interfaces.Config): Promise<void> {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const words = own.filter((word) => !word.startsWith('-'));
  const ids = words.map((_, index) => words.slice(0, words.length - index).join(':'));
  const found = ids.find((id) => config.findCommand(id) ?? config.findTopic(id));
  if (found === undefined && words.length > 0) throw unknownCommand(words.join(':'), config);
  const command = found === undefined ? undefined : config.findCommand(found);
  if (command) return showCommandHelp(command, config);
  process.stdout.write(renderTopicHelp(describeTopic(found ?? '', config), await layOut()));
}

/** Shows help for a command, and names the commands below it. */
export async function showCommandHelp(command: Command.Loadable, config: Interfaces.Config): Promise<void> {
  const templates = new Templates(command, config, { maxWidth: 80 });
  const { commands } = describeTopic(command.id, config);
  const layout = await layOut();
  process.stdout.write(
    renderCommandHelp(command as DescribedCommand, layout, { commands, fill: (text) => templates.fill(text) }),
  );
}

/** Plugins write templates into their texts. */
class Templates extends CommandHelp {
  fill(text: string): string {
    return this.render(text).replaceAll(this.command.id, this.command.id.replaceAll(':', ' '));
  }
}

function describeTopic(name: string, config: Interfaces.Config): DescribedTopic {
  const depth = name === '' ? 1 : name.split(':').length + 1;
  const isBelow = (id: string): boolean => id.split(':').length === depth && (name === '' || id.startsWith(`${name}:`));
  const commands = config.commands.filter(({ id, hidden, aliases }) => isBelow(id) && !hidden && !aliases.includes(id));
  const isCommand = (id: string): boolean => commands.some((command) => command.id === id);
  const topics = config.topics.filter((topic) => isBelow(topic.name) && !topic.hidden && !isCommand(topic.name));
  const firstLine = (text: string | undefined): string =>
    (text ?? '').split('\n')[0]?.replaceAll('<%= config.bin %>', config.bin) ?? '';
  const byName = (a: Row, b: Row): number => a[0].localeCompare(b[0]);
  return {
    name,
    description: firstLine(name === '' ? String(config.pjson['description']) : config.findTopic(name)?.description),
    topics: topics.map((topic): Row => [topic.name, firstLine(topic.description)]).toSorted(byName),
    commands: commands
      .map((command): Row => [command.id, firstLine(command.summary ?? command.description)])
      .toSorted(byName),
  };
}
