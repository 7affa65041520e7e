import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nearMisses } from '@hawser/near-miss';
import { CliError } from '../errors.js';

/** What is known of an error code. */
export interface ErrorFacts {
  readonly code: string;
  /** The library whose error it is. */
  readonly package: string;
  readonly exitCode: number;
  /** What to do, in a line. */
  readonly hint: string;
  /** Where the page is to be read. */
  readonly page: string;
  /** The page, as Markdown: what happened, why, and what to do. */
  readonly text: string;
}

/**
 * What happened, why, and what to do. `root` is the folder of our package.
 *
 * @throws CliError HAWSER_EXPLAIN_UNKNOWN for a code that there is not
 */
export async function explainError(wanted: string, root: string): Promise<ErrorFacts> {
  const pages = JSON.parse(await readFile(join(root, 'dist/docs/error-pages.json'), 'utf8')) as readonly ErrorFacts[];
  const code = wanted.toUpperCase().replaceAll('-', '_');
  const found = pages.find((page) => page.code === code || page.code === `HAWSER_${code}`);
  if (found) return found;
  const [near] = nearMisses(
    code,
    pages.map((page) => page.code),
  );
  const options = near === undefined ? {} : { hint: `Did you mean ${near}?` };
  throw new CliError('HAWSER_EXPLAIN_UNKNOWN', `There is no error '${wanted}'.`, options);
}

/** A page for a terminal: without the marks of Markdown that only a browser needs. */
export function renderError({ text, page, package: owner, exitCode }: ErrorFacts): string {
  const plain = text
    .replaceAll(/<!--[\s\S]*?-->\n*/g, '')
    .replaceAll(/^\|.*\|\n+/gm, '')
    .replace(/^(# \w+)\n/, `$1 (${owner}, exit code ${exitCode})\n`)
    .replaceAll(/^#+ /gm, '')
    .replaceAll(/^```\w*\n([\s\S]*?)^```\n/gm, (_, block: string) => block.replaceAll(/^(?=.)/gm, '    '))
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .replaceAll('`', '')
    .trim();
  return `${plain}\n\n${page}`;
}
