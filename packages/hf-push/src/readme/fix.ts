import type { ParsedNode } from 'yaml';
import { applyEdits, lineEndingOf, type TextEdit } from '../text/edits.js';
import type { CheckedFrontMatter } from './check.js';
import { nearestColor, type CardLook } from './choices.js';
import { titleOf } from './generate.js';

/** What values are taken from where front matter has none that can stay. */
export interface FixOptions {
  readonly name: string;
  readonly look: CardLook;
  readonly port: number;
}

/**
 * Mends front matter by the smallest edit: a value that the Hub would refuse is replaced or, where no value can be
 * guessed, taken out with its key; what is missing is put at the end. Everything else stays to the byte.
 */
export function fixReadme(text: string, checked: CheckedFrontMatter, options: FixOptions): string {
  const { document, value, parts, complaints } = checked;
  if (!document || !value) return text;
  const keys = new Set(complaints.map(({ path: [top = ''] }) => top));
  if (value['app_port'] === undefined && options.port !== hubDefaultPort) keys.add('app_port');
  if (keys.size === 0) return text;
  const eol = lineEndingOf(text);
  if (document.contents.flow === true) {
    // On one line there are no lines to edit: the tree is changed and written anew.
    for (const key of keys) {
      const mended = mend(key, value[key], options);
      if (mended === undefined) document.delete(key);
      else document.set(key, mended);
    }
    return replaceYaml(text, checked, document.toString({ lineWidth: 0 }).replaceAll('\n', eol));
  }
  const edits: TextEdit[] = [];
  let added = '';
  for (const key of keys) {
    const mended = mend(key, value[key], options);
    const pair = document.contents.items.find((item) => String(item.key) === key);
    const range = pair?.value?.range;
    if (pair && mended === undefined)
      edits.push(removal(parts.yaml, pair.key.range[0], range?.[1] ?? pair.key.range[1]));
    else if (range && isPlain(pair?.value)) edits.push({ start: range[0], end: range[1], text: String(mended) });
    else {
      // A key without a value, or with more than one line, has to go before it is added with one.
      if (pair) edits.push(removal(parts.yaml, pair.key.range[0], range?.[1] ?? pair.key.range[1]));
      added += `${key}: ${mended}${eol}`;
    }
  }
  const yaml = applyEdits(parts.yaml, edits);
  return replaceYaml(text, checked, `${yaml}${yaml === '' || yaml.endsWith('\n') ? '' : eol}${added}`);
}

/** The port that the Hub takes where front matter names none. */
export const hubDefaultPort = 7860;

function mend(key: string, value: unknown, { name, look, port }: FixOptions): string | number | undefined {
  switch (key) {
    case 'colorFrom':
    case 'colorTo':
      return (typeof value === 'string' ? nearestColor(value) : undefined) ?? look[key];
    case 'emoji':
      return look.emoji;
    case 'title':
      return `${titleOf(name)} Environment Server`;
    case 'sdk':
      return 'docker';
    case 'app_port':
      return port;
    default:
      return undefined;
  }
}

/** A value that can be replaced where it stands: on its key's line, without a tag or an anchor before it. */
function isPlain(value: ParsedNode | null | undefined): boolean {
  if (!value || value.tag !== undefined || !('value' in value) || value.anchor !== undefined) return false;
  const [start, end] = value.range;
  return end > start && value.type !== 'BLOCK_LITERAL' && value.type !== 'BLOCK_FOLDED';
}

/** Whole lines: from the one the key begins on to the one its value ends on. */
function removal(yaml: string, start: number, end: number): TextEdit {
  const lineEnd = yaml.indexOf('\n', Math.max(start, end - 1));
  return { start: yaml.lastIndexOf('\n', start - 1) + 1, end: lineEnd === -1 ? yaml.length : lineEnd + 1, text: '' };
}

function replaceYaml(text: string, { parts: { yamlStart, yaml } }: CheckedFrontMatter, changed: string): string {
  return text.slice(0, yamlStart) + changed + text.slice(yamlStart + yaml.length);
}
