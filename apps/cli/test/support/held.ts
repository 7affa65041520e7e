import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import {
  runHawser as run,
  startHawser as start,
  type HawserEnd,
  type HawserProcess,
  type RunHawserOptions,
} from '@hawser/cli-kit/testing';

const app = join(import.meta.dirname, '../..');

interface Listed {
  readonly command: string;
  readonly aliases: readonly string[];
}

/** What commands print with `--json` around their own data, and when they fail. */
const envelopes = {
  ok: {
    type: 'object',
    required: ['ok', 'data', 'warnings'],
    properties: { ok: { const: true }, data: {}, warnings: { type: 'array', items: { type: 'string' } } },
    additionalProperties: false,
  },
  failed: {
    type: 'object',
    required: ['ok', 'error'],
    properties: {
      ok: { const: false },
      error: {
        type: 'object',
        required: ['code', 'message', 'exitCode', 'details'],
        properties: {
          code: { type: 'string', pattern: '^HAWSER_[A-Z0-9]+(_[A-Z0-9]+)*$' },
          message: { type: 'string', minLength: 1 },
          hint: { type: 'string' },
          exitCode: { type: 'integer', minimum: 1, maximum: 255 },
          details: { type: 'object' },
        },
        additionalProperties: false,
      },
    },
    additionalProperties: false,
  },
};

const ajv = new Ajv2020({ formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) } });
const compiled = new Map<string, ValidateFunction>();

/** Runs a built command to its end; what it prints with `--json` is held to its schema. */
export async function runHawser(options: RunHawserOptions): Promise<HawserEnd> {
  const end = await run(options);
  holdToSchema(options.args, end.stdout);
  return end;
}

/** Starts a built command; what it printed with `--json` is held to its schema when it has ended. */
export function startHawser(options: RunHawserOptions): HawserProcess {
  const process = start(options);
  const ended = process.ended.then((end) => {
    holdToSchema(options.args, end.stdout);
    return end;
  });
  // Whoever waits for the end hears of it; nobody has to.
  ended.catch(() => undefined);
  return { ...process, ended };
}

/**
 * Holds everything that `hawser` with these words printed to its published schemas: the envelope of the whole, and what
 * stands in it, or in each line of a command that goes on. Does nothing for words that ask for no JSON.
 *
 * @throws Error that says which command printed what its schema does not allow
 */
export function holdToSchema(args: readonly string[], stdout: string): void {
  const dashes = args.indexOf('--');
  const own = dashes < 0 ? args : args.slice(0, dashes);
  if (own.includes('--json')) hold(commandOf(own), recordsOf(stdout));
  else if (dashes >= 0) {
    // `hawser emulate ssm -- hawser ssm list --json`
    const inner = args.findIndex((word, at) => at > dashes && /(?:^|[\\/])hawser(?:\.js)?$/.test(word));
    if (inner >= 0) holdToSchema(args.slice(inner + 1), stdout);
  }
}

/** The id of the command that words run: the longest that they begin with. */
function commandOf(words: readonly string[]): string | undefined {
  const listed = JSON.parse(readFileSync(join(app, 'command-snapshot.json'), 'utf8')) as readonly Listed[];
  const known = new Map(
    listed.flatMap(({ command, aliases }) => [command, ...aliases].map((name) => [name, command] as const)),
  );
  const firstFlag = words.findIndex((word) => word.startsWith('-'));
  const named = firstFlag < 0 ? words : words.slice(0, firstFlag);
  for (let length = named.length; length > 0; length--) {
    const command = known.get(named.slice(0, length).join(' '));
    if (command !== undefined) return command;
  }
  return undefined;
}

/** The whole lines that are JSON objects; other lines are those of a command that ours ran. */
function recordsOf(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .flatMap((line): Readonly<Record<string, unknown>>[] => {
      try {
        return [JSON.parse(line) as Readonly<Record<string, unknown>>];
      } catch {
        return [];
      }
    });
}

function hold(command: string | undefined, records: readonly Readonly<Record<string, unknown>>[]): void {
  for (const record of records) {
    if (record['ok'] === false && 'error' in record) check('an error', record, () => envelopes.failed);
    // What oclif's own plugins print is theirs.
    else if (command === undefined) continue;
    else if (record['ok'] === true && 'data' in record) {
      check('an envelope', record, () => envelopes.ok);
      check(command, record['data'], () => schemaOf(command));
      note(command);
    } else {
      check(command, record, () => schemaOf(command));
      note(command);
    }
  }
}

function check(what: string, value: unknown, schema: () => object): void {
  let validate = compiled.get(what);
  if (!validate) compiled.set(what, (validate = ajv.compile(schema())));
  if (validate(value)) return;
  throw new Error(
    `hawser ${what} printed what its schema does not allow: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`,
  );
}

function schemaOf(command: string): object {
  const name = `${command.replaceAll(' ', '-')}.json`;
  if (!readdirSync(join(app, 'schemas')).includes(name)) throw new Error(`hawser ${command} has no schema: ${name}`);
  return JSON.parse(readFileSync(join(app, 'schemas', name), 'utf8')) as object;
}

/** Leaves a mark where the reporter of a whole run looks which schemas were never held to anything. */
function note(command: string): void {
  const { HAWSER_TEST_SCHEMAS_HELD: folder } = process.env;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, command.replaceAll(' ', '-')), '');
}
