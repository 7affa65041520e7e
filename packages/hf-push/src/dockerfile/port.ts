import type { Instruction } from 'dockerfile-ast';
import { is, wordsOf, type DockerfileModel, type Stage } from './model.js';
import { expandVariables } from './variables.js';

/** The ports that a Dockerfile speaks of. */
export interface Ports {
  /** What the command tells its server to listen on. */
  readonly command: number | undefined;
  readonly exposed: readonly number[];
}

/** Reads the ports of the final stage and of the stages it stands on. */
export function portsOf(model: DockerfileModel): Ports {
  if (!model.final) return { command: undefined, exposed: [] };
  const variables = model.variablesOf(model.final);
  const known = (text: string): string => expandVariables(text, variables).text;
  const exposed = chainOf(model.final).flatMap(({ instructions }) =>
    instructions
      .filter(is('EXPOSE'))
      .flatMap((expose) => wordsOf(expose, model).words)
      .flatMap((word) => portIn(known(word).replace(/\/tcp$/i, ''))),
  );
  // Either may hold the port: the command is the entry point's arguments.
  const commands = [effective(model.final, 'CMD'), effective(model.final, 'ENTRYPOINT')];
  const [command] = commands.flatMap((each) => (each ? askedFor(known(wordsOf(each, model).words.join(' '))) : []));
  return { command, exposed };
}

/** The last instruction of that kind in the final stage, or in the stages it stands on: the one that counts. */
export function effective(
  final: Stage,
  keyword: 'CMD' | 'ENTRYPOINT' | 'USER' | 'HEALTHCHECK',
): Instruction | undefined {
  for (const { instructions } of chainOf(final)) {
    const last = instructions.findLast(is(keyword));
    if (last) return last;
  }
  return undefined;
}

/** A stage and those it stands on, the nearest first. */
export function chainOf(stage: Stage): readonly Stage[] {
  return [stage, ...(stage.parent ? chainOf(stage.parent) : [])];
}

function askedFor(command: string): readonly number[] {
  const match = /(?:^|\s)(?:--port[ =]|-p[ =]?|(?:--bind|-b)[ =]\S*?:)["']?(\d+)/.exec(command);
  return match ? portIn(match[1] ?? '') : [];
}

function portIn(text: string): readonly number[] {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= 65_535 ? [port] : [];
}
