import { stringify } from 'yaml';
import { fitLines } from './text-lines.js';

/**
 * A value in block style, without a line break at its end; lines after the first begin with `indent`. Strings that a
 * YAML 1.1 reader (kubectl is one) would take for something else are quoted.
 */
export function renderYaml(value: unknown, indent: string, lineBreak: string): string {
  const text = stringify(value, { lineWidth: 0, blockQuote: false, compat: 'yaml-1.1', aliasDuplicateObjects: false });
  return fitLines(text.trimEnd(), indent, lineBreak);
}
