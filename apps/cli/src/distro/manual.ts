import { CliError } from '../errors.js';
import { type DescribedCommand, type DescribedFlag, fillIn, nameOfFlag, usageOf } from '../help/render.js';
import type { PackageFiles } from './package-files.js';

/** A name, and what it means. */
type Row = readonly [name: string, text: string];

/** What a manual says of one command. */
export interface ManualCommand {
  /** As it is typed, without the program: `net up`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** As it is typed, with the program. */
  readonly usage: string;
  readonly aliases: readonly string[];
  /** Arguments and flags of its own. */
  readonly rows: readonly Row[];
  readonly flags: readonly DescribedFlag[];
  /** Names of its arguments, in their order. */
  readonly args: readonly string[];
  readonly examples: readonly string[];
}

/** What manuals say of a command line, whatever their form. */
export interface Manual {
  readonly bin: string;
  readonly packageName: string;
  readonly version: string;
  readonly description: string;
  readonly topics: readonly Row[];
  readonly commands: readonly ManualCommand[];
  /** Flags of every command. */
  readonly globalFlags: readonly Row[];
}

interface Manifest {
  readonly commands: Readonly<Record<string, DescribedCommand>>;
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly oclif: {
    readonly bin: string;
    readonly topics?: Readonly<Record<string, { readonly description?: string }>>;
  };
}

/**
 * Reads a manual out of a package.
 *
 * @throws CliError HAWSER_DISTRO_PACKAGE_INVALID
 */
export function readManual(files: PackageFiles): Manual {
  const { name, version, description = '', oclif } = parsed(files, 'package.json') as PackageJson;
  const { commands } = parsed(files, 'oclif.manifest.json') as Manifest;
  if (typeof oclif?.bin !== 'string' || typeof version !== 'string' || typeof commands !== 'object')
    throw new CliError(
      'HAWSER_DISTRO_PACKAGE_INVALID',
      `${name} is not a command line: its package.json names no program.`,
    );
  const shown = Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    bin: oclif.bin,
    packageName: name,
    version,
    description,
    topics: Object.entries(oclif.topics ?? {})
      .map(([topic, facts]): Row => [topic, facts.description ?? ''])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    commands: shown.map((command) => describe(command, oclif.bin)),
    globalFlags: globalFlagsOf(shown),
  };
}

function describe(command: DescribedCommand, bin: string): ManualCommand {
  const fill = (text: string): string => fillIn(text, command, bin);
  const flags = Object.values(command.flags).filter(({ hidden, helpGroup }) => !hidden && helpGroup !== 'GLOBAL');
  const [usage = ''] = [usageOf(command)].flat();
  return {
    name: spaced(command.id),
    summary: fill(command.summary ?? ''),
    description: fill(command.description ?? ''),
    usage: `${bin} ${fill(usage)}`,
    aliases: (command.aliases ?? []).map((alias) => `${bin} ${spaced(alias)}`),
    rows: [
      ...Object.values(command.args)
        .filter(({ hidden }) => !hidden)
        .map((arg): Row => [arg.name.toUpperCase(), arg.description ?? '']),
      ...flags.map(rowOf),
    ],
    flags: Object.values(command.flags).filter(({ hidden }) => !hidden),
    args: Object.values(command.args).map((arg) => arg.name),
    examples: (command.examples ?? []).map((example) => fill(typeof example === 'string' ? example : example.command)),
  };
}

function globalFlagsOf(commands: readonly DescribedCommand[]): Row[] {
  const rows = new Map<string, Row>();
  for (const { flags } of commands)
    for (const flag of Object.values(flags)) if (flag.helpGroup === 'GLOBAL') rows.set(flag.name, rowOf(flag));
  return [...rows.values()].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function rowOf(flag: DescribedFlag): Row {
  const { char, env, summary, description = '' } = flag;
  return [`${char ? `-${char}, ` : ''}${nameOfFlag(flag)}`, (summary ?? description) + (env ? ` (\`${env}\`)` : '')];
}

function parsed(files: PackageFiles, name: string): unknown {
  const text = files.get(name);
  if (text === undefined)
    throw new CliError(
      'HAWSER_DISTRO_PACKAGE_INVALID',
      `The package holds no ${name}: it is not a command line of oclif.`,
    );
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliError('HAWSER_DISTRO_PACKAGE_INVALID', `${name} of the package is not JSON.`, { cause });
  }
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}
