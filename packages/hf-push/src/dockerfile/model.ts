import { DockerfileParser, type From, type Instruction } from 'dockerfile-ast';
import { expandVariables, type Variables } from './variables.js';

type Range = ReturnType<Instruction['getRange']>;
type Position = Range['start'];

/** One FROM and what follows it. */
export interface Stage {
  readonly index: number;
  /** The name behind AS. */
  readonly name: string | undefined;
  readonly from: From;
  /** The image as it is written. */
  readonly image: string;
  /** The image with the defaults of the ARGs above put in. */
  readonly resolvedImage: string;
  /** The stage it builds upon, if it is none of the outside. */
  readonly parent: Stage | undefined;
  /** What follows the FROM. */
  readonly instructions: readonly Instruction[];
  readonly platform: string | undefined;
  /** From 1. */
  readonly line: number;
}

/** A thing that COPY or ADD takes from the build context, or from a stage. */
export interface CopySource {
  readonly stage: Stage;
  /** With variables put in; as it is written where a variable has no known value. */
  readonly path: string;
  /** Variables without a known value. */
  readonly unknown: readonly string[];
  /** From 1. */
  readonly line: number;
}

/** A stage or image that `--from` names. */
export interface FromReference {
  readonly stage: Stage;
  readonly name: string;
  readonly line: number;
}

/** What a Dockerfile says, read once. */
export interface DockerfileModel {
  readonly text: string;
  readonly stages: readonly Stage[];
  readonly final: Stage | undefined;
  /** ARGs before the first FROM, with their defaults. */
  readonly globals: Variables;
  readonly initialArgs: readonly Instruction[];
  readonly instructions: readonly Instruction[];
  /** Sources from the build context. */
  readonly sources: readonly CopySource[];
  readonly references: readonly FromReference[];
  /** Variables as they are at the end of a stage. */
  readonly variablesOf: (stage: Stage) => Variables;
  readonly offsetAt: (position: Position) => number;
}

/** Reads a Dockerfile. Whatever it holds, this does not throw: what is wrong shows in the model. */
export function readDockerfile(text: string): DockerfileModel {
  const parsed = DockerfileParser.parse(text);
  const instructions = parsed.getInstructions();
  const offsetAt = createOffsets(text);
  const firstFrom = instructions.findIndex(isFrom);
  const initialArgs = instructions.slice(0, firstFrom === -1 ? undefined : firstFrom).filter(is('ARG'));
  const globals = declared(initialArgs, new Map());
  const stages = readStages(instructions, globals);
  const sources: CopySource[] = [];
  const references: FromReference[] = [];
  const environments = new Map<Stage, Variables>();
  for (const stage of stages) {
    let variables = new Map(stage.parent && environments.get(stage.parent));
    for (const instruction of stage.instructions) {
      const keyword = instruction.getKeyword();
      if (keyword === 'ARG') variables = new Map(declared([instruction], variables, globals));
      if (keyword === 'ENV') variables = new Map(declared([instruction], variables));
      const line = instruction.getRange().start.line + 1;
      for (const name of fromsOf(instruction))
        references.push({ stage, name: expandVariables(name, variables).text, line });
      if ((keyword === 'COPY' || keyword === 'ADD') && fromsOf(instruction).length === 0)
        for (const written of sourcesOf(instruction, text, offsetAt)) {
          const { text: expanded, unknown } = expandVariables(written, variables);
          sources.push({ stage, path: unknown.length > 0 ? written : expanded, unknown, line });
        }
    }
    environments.set(stage, variables);
  }
  const variablesOf = (stage: Stage): Variables => environments.get(stage) ?? globals;
  return {
    text,
    stages,
    final: stages.at(-1),
    globals,
    initialArgs,
    instructions,
    sources,
    references,
    variablesOf,
    offsetAt,
  };
}

/** Whether an instruction has that keyword. */
export function is(keyword: string): (instruction: Instruction) => boolean {
  return (instruction) => instruction.getKeyword() === keyword;
}

/** Start and end of a range in the text. */
export function offsetsOf(model: Pick<DockerfileModel, 'offsetAt'>, range: Range): { start: number; end: number } {
  return { start: model.offsetAt(range.start), end: model.offsetAt(range.end) };
}

/** The words of an instruction, its flags left out: the array of the JSON form, or those of the shell form. */
export function wordsOf(
  instruction: Instruction,
  { text, offsetAt }: Pick<DockerfileModel, 'text' | 'offsetAt'>,
): { readonly form: 'json' | 'shell'; readonly words: readonly string[] } {
  const args = instruction.getArguments();
  const [first] = args;
  const last = args.at(-1);
  if (first && last) {
    const raw = text.slice(offsetAt(first.getRange().start), offsetAt(last.getRange().end));
    const words = parseJsonForm(raw);
    if (words) return { form: 'json', words };
  }
  return { form: 'shell', words: args.map((arg) => arg.getValue()) };
}

function parseJsonForm(raw: string): readonly string[] | undefined {
  if (!raw.startsWith('[')) return undefined;
  try {
    // A line that is continued is one line to a build, and comments between are none of it.
    const joined = raw.replace(/[\\`][ \t]*\r?\n(?:[ \t]*#.*\r?\n)*/g, '');
    const words: unknown = JSON.parse(joined);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}

function isFrom(instruction: Instruction): instruction is From {
  return instruction.getKeyword() === 'FROM';
}

function readStages(instructions: readonly Instruction[], globals: Variables): readonly Stage[] {
  const stages: Stage[] = [];
  const starts = instructions.flatMap((instruction, at) => (isFrom(instruction) ? [at] : []));
  for (const [index, start] of starts.entries()) {
    const from = instructions[start] as From;
    const image = from.getImage() ?? '';
    const resolvedImage = expandVariables(image, globals).text;
    stages.push({
      index,
      name: from.getBuildStage()?.toLowerCase() ?? undefined,
      from,
      image,
      resolvedImage,
      parent: stages.findLast(({ name }) => name !== undefined && name === resolvedImage.toLowerCase()),
      instructions: instructions.slice(start + 1, starts[index + 1]),
      platform: from.getPlatformFlag()?.getValue() ?? undefined,
      line: from.getRange().start.line + 1,
    });
  }
  return stages;
}

interface Declaring extends Instruction {
  readonly getProperty?: () => { getName(): string; getValue(): string | null } | null;
  readonly getProperties?: () => { getName(): string; getValue(): string | null }[];
}

/** What ARG and ENV make known. An ARG without a default has that of the same ARG before the first FROM. */
function declared(instructions: readonly Instruction[], before: Variables, globals: Variables = new Map()): Variables {
  const variables = new Map(before);
  for (const instruction of instructions as readonly Declaring[])
    for (const property of instruction.getProperties?.() ?? [instruction.getProperty?.()]) {
      if (!property) continue;
      const value = property.getValue();
      const name = property.getName();
      variables.set(
        name,
        value === null ? (globals.get(name) ?? variables.get(name)) : expandVariables(value, variables).text,
      );
    }
  return variables;
}

type Flagged = Instruction & {
  readonly getFlags?: () => { getName(): string; getValue(): string | null }[];
};

/** What `--from=` of COPY, and `from=` of the mounts of RUN, name. */
function fromsOf(instruction: Flagged): readonly string[] {
  return (instruction.getFlags?.() ?? []).flatMap((flag) => {
    const value = flag.getValue() ?? '';
    if (flag.getName() === 'from') return [value];
    if (flag.getName() !== 'mount') return [];
    return value.split(',').flatMap((part) => (part.startsWith('from=') ? [part.slice('from='.length)] : []));
  });
}

function sourcesOf(instruction: Flagged, text: string, offsetAt: DockerfileModel['offsetAt']): readonly string[] {
  const { form, words } = wordsOf(instruction, { text, offsetAt });
  const heredocs = form === 'shell' ? words.filter((word) => word.startsWith('<<')).length : 0;
  // Behind the destination stand the heredocs' lines.
  const paths = heredocs > 0 ? words.slice(0, heredocs) : words.slice(0, -1);
  return paths
    .filter((path) => !path.startsWith('<<') && !/^(?:[a-z][a-z0-9+.-]*:\/\/|git@)/i.test(path))
    .map((path) => (form === 'shell' ? path.replace(/^(["'])(.*)\1$/, '$2') : path));
}

function createOffsets(text: string): (position: Position) => number {
  // As the parser counts lines: each of these ends one.
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length)];
  return ({ line, character }) => Math.min((starts[line] ?? text.length) + character, text.length);
}
