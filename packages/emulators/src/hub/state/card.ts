import { parseDocument } from 'yaml';
import { isRecord } from '../http/call.js';

/** What a README's front matter says, and what is wrong with it. */
export interface Card {
  readonly data: Readonly<Record<string, unknown>>;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

const colours = ['red', 'yellow', 'green', 'blue', 'indigo', 'purple', 'pink', 'gray'];
const sdks = ['gradio', 'docker', 'static', 'streamlit'];
/** A longer one is refused. The Hub's own limit is not documented; this is what its form shows. */
const maxShortDescription = 60;

const rules: Readonly<Record<string, { readonly holds: (value: unknown) => boolean; readonly must: string }>> = {
  title: { holds: isText, must: 'be a string' },
  emoji: { holds: isEmoji, must: 'be one emoji' },
  colorFrom: { holds: oneOf(colours), must: `be one of ${colours.join(', ')}` },
  colorTo: { holds: oneOf(colours), must: `be one of ${colours.join(', ')}` },
  sdk: { holds: oneOf(sdks), must: `be one of ${sdks.join(', ')}` },
  app_port: { holds: isPort, must: 'be a port number' },
  base_path: { holds: (value) => isText(value) && value.startsWith('/'), must: 'begin with /' },
  pinned: { holds: isFlag, must: 'be true or false' },
  tags: { holds: isList, must: 'be a list of strings' },
  models: { holds: isList, must: 'be a list of strings' },
  datasets: { holds: isList, must: 'be a list of strings' },
  short_description: {
    holds: (value) => isText(value) && value.length <= maxShortDescription,
    must: `be a string of at most ${maxShortDescription} characters`,
  },
  fullWidth: { holds: isFlag, must: 'be true or false' },
  header: { holds: oneOf(['mini', 'default']), must: 'be mini or default' },
  disable_embedding: { holds: isFlag, must: 'be true or false' },
  hf_oauth: { holds: isFlag, must: 'be true or false' },
};

/**
 * Reads the front matter of a Space's README. Fields and values are those of the Hub's documentation ("Spaces
 * Configuration Reference"); the words of the messages are ours.
 */
export function readCard(readme: string): Card {
  const match = /^\uFEFF?---[ \t]*\r?\n(?<yaml>.*?)(?:^|\r?\n)---[ \t]*(?:\r?\n|$)/su.exec(readme);
  if (!match) return { data: {}, errors: [], warnings: ['empty or missing yaml metadata in repo card'] };
  const { data, wrong } = parse(match.groups?.['yaml'] ?? '');
  if (wrong !== undefined) return { data: {}, errors: [`Invalid YAML: ${wrong}`], warnings: [] };
  if (data === null) return { data: {}, errors: [], warnings: ['empty or missing yaml metadata in repo card'] };
  if (!isRecord(data)) return { data: {}, errors: ['The metadata must be a map.'], warnings: [] };
  const errors = Object.entries(rules).flatMap(([name, { holds, must }]) =>
    data[name] === undefined || holds(data[name]) ? [] : [`"${name}" must ${must}`],
  );
  if (data['sdk'] === undefined) errors.unshift('"sdk" is required');
  return { data, errors, warnings: [] };
}

/** Values JSON can say, or what is wrong: the text, an alias of nothing, or aliases that never end. */
function parse(yaml: string): { readonly data?: unknown; readonly wrong?: string } {
  const document = parseDocument(yaml, { schema: 'core' });
  const [error] = document.errors;
  try {
    if (error) throw error;
    const data: unknown = document.toJS({ maxAliasCount: 100 });
    JSON.stringify(data);
    return { data };
  } catch (thrown) {
    return { wrong: (thrown instanceof Error ? thrown.message : 'it cannot be read').split('\n')[0] ?? '' };
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isEmoji(value: unknown): boolean {
  return (
    isText(value) &&
    [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(value)].length === 1 &&
    /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u.test(value)
  );
}

function oneOf(values: readonly string[]): (value: unknown) => boolean {
  return (value) => values.some((one) => one === value);
}
