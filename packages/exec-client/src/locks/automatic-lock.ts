import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { repositoryName, type ExecutionRequest } from '../contract/index.js';
import { readArguments } from './options.js';
import { simpleCommands, type SimpleCommand } from './shell-words.js';
import { tools, type Tool } from './tools.js';
import { nameOf, unwrap } from './wrappers.js';

/** The lock that a command should hold because of what it changes. */
export interface AutomaticLock {
  /** `auto:<repository>#<directory>:<workspace>`, at most 128 characters. */
  readonly name: string;
  /** e.g. `terraform apply`. */
  readonly because: string;
  /** Names of further states that the command changes: an execution holds one lock. */
  readonly others: readonly string[];
}

/** A state that a command changes. */
interface Changed {
  readonly because: string;
  readonly directory: string;
  readonly workspace: string;
}

/** Images whose own entry point is a tool. */
const imageTools: Readonly<Record<string, string>> = {
  terraform: 'terraform',
  opentofu: 'tofu',
  terragrunt: 'terragrunt',
  pulumi: 'pulumi',
  helm: 'helm',
  kubectl: 'kubectl',
  'aws-cli': 'aws',
};

/**
 * The lock of what a request's command changes, when it is a state-changing verb of a known tool: behind assignments,
 * `sudo`, `cd`, `sh -c` and in lists and pipelines as well. `undefined` when nothing known is changed. The command is read
 * and never run, so that what a script or a variable hides is not found.
 */
export function automaticLock(
  request: Pick<ExecutionRequest, 'repo' | 'command' | 'argv' | 'workdir' | 'env' | 'image' | 'entrypoint'>,
): AutomaticLock | undefined {
  const found: Changed[] = [];
  const shell = new Shell(request.workdir ?? '.', request.env ?? {}, found);
  if (request.argv) shell.runWords(ofImage(request, request.argv));
  else if (request.command !== undefined) {
    if (request.entrypoint === 'image')
      shell.runWords(ofImage(request, simpleCommands(request.command)[0]?.words ?? []));
    else shell.runText(request.command);
  }
  const repository = request.repo === undefined ? '-' : repositoryName(request.repo);
  const names = [...new Set(found.map(({ directory, workspace }) => lockName(repository, directory, workspace)))];
  const [name, ...others] = names;
  return name === undefined ? undefined : { name, because: found[0]!.because, others };
}

/** What a shell carries from one command to the next. */
interface ShellState {
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** The workspace that was chosen, by tool and folder. */
  readonly chosen: Readonly<Record<string, string>>;
}

/** Walks through commands as a shell would, as far as folders, variables and chosen workspaces go. */
class Shell {
  readonly #found: Changed[];
  #state: ShellState;

  constructor(directory: string, env: Readonly<Record<string, string>>, found: Changed[]) {
    this.#state = { directory: posix.normalize(directory), env, chosen: {} };
    this.#found = found;
  }

  runText(text: string, nesting = 0): void {
    const above: ShellState[] = [];
    for (const command of simpleCommands(text)) {
      while (above.length < command.depth) above.push(this.#state);
      while (above.length > command.depth) this.#state = above.pop()!;
      this.#run(command, nesting);
    }
    if (above[0]) [this.#state] = above;
  }

  runWords(words: readonly string[]): void {
    this.#run({ assignments: [], words, depth: 0 }, 0);
  }

  #run({ assignments, words }: SimpleCommand, nesting: number): void {
    const own = Object.fromEntries(assignments);
    const [program] = words;
    if (program === undefined || program === 'export') {
      const exported = words
        .slice(1)
        .map((word) => word.split(/=(.*)/s, 2))
        .filter(([, value]) => value !== undefined);
      this.#state = { ...this.#state, env: { ...this.#state.env, ...own, ...Object.fromEntries(exported) } };
    } else if (program === 'cd' || program === 'pushd') {
      this.#state = {
        ...this.#state,
        directory: below(
          this.#state.directory,
          words.find((word, at) => at > 0 && !/^-[LPe]+$|^--$/.test(word)),
        ),
      };
    } else {
      const inner = unwrap(words);
      const before = this.#state;
      this.#state = { ...before, env: { ...before.env, ...own, ...assignmentsOf(words, inner) } };
      if (inner.kind === 'text' && nesting < 4) {
        this.runText(inner.text, nesting + 1);
        this.#state = nameOf(words[0]) === 'eval' ? this.#state : before;
      } else if (inner.kind === 'words') {
        const chosen = this.#look(inner.words);
        this.#state = { ...before, chosen: { ...before.chosen, ...chosen } };
      }
    }
  }

  /** Notes what a tool changes; gives what it chooses for the commands behind it. */
  #look(words: readonly string[]): Readonly<Record<string, string>> {
    const program = nameOf(words[0]);
    const tool = tools.find(({ names }) => names.includes(program));
    if (!tool) return {};
    const given = readArguments(words.slice(1), tool.valued);
    const directory = below(this.#state.directory, given.option(...(tool.directory ?? [])) || '.');
    const place = `${tool.names[0]} ${directory}`;
    const change = tool.change(given);
    if (change !== undefined) {
      this.#found.push({ because: `${program} ${change}`, directory, workspace: this.#workspace(tool, given, place) });
    }
    const selected = tool.selects?.(given);
    return selected === undefined ? {} : { [place]: selected };
  }

  #workspace(tool: Tool, { option }: ReturnType<typeof readArguments>, place: string): string {
    const named = (tool.workspace ?? []).map((name) => option(name)).filter((value) => value);
    if (named.length > 0) return named.join('/');
    const variable = (tool.workspaceVariables ?? []).map((name) => this.#state.env[name]).find((value) => value);
    return variable ?? this.#state.chosen[place] ?? 'default';
  }
}

/** `A=b` among the words of `env A=b terraform apply`. */
function assignmentsOf(words: readonly string[], inner: ReturnType<typeof unwrap>): Readonly<Record<string, string>> {
  const rest = inner.kind === 'words' ? inner.words.length : 0;
  const pairs = words.slice(0, words.length - rest).map((word) => /^([A-Za-z_]\w*)=([^]*)$/.exec(word));
  return Object.fromEntries(pairs.filter((pair) => pair !== null).map(([, name, value]) => [name!, value!]));
}

/** A folder below another; the top of the repository is `.`. */
function below(directory: string, to: string | undefined): string {
  if (to === undefined || to === '~') return '~';
  const path = posix.isAbsolute(to) ? posix.normalize(to) : posix.join(directory, to);
  return path === '/' ? path : path.replace(/\/$/, '');
}

/** The words with the tool before them that the image's own entry point is. */
function ofImage(
  { image, entrypoint }: Pick<ExecutionRequest, 'image' | 'entrypoint'>,
  words: readonly string[],
): readonly string[] {
  if (entrypoint !== 'image' || image === undefined) return words;
  const name = nameOf(image.replace(/@.*$/, '')).replace(/:.*$/, '');
  const tool = Object.hasOwn(imageTools, name) ? imageTools[name] : undefined;
  return tool === undefined ? words : [tool, ...words];
}

/** A name that fits into a lock's, and is different for what is different. */
function lockName(repository: string, directory: string, workspace: string): string {
  const name = `auto:${repository}#${directory}:${workspace}`;
  if (name.length <= 128 && !/\p{Cc}|\s$/u.test(name)) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.replaceAll(/\p{Cc}|\s/gu, '_').slice(0, 111)}~${digest}`;
}
