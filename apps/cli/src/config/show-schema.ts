import { nearMisses } from '@hawser/near-miss';
import { CliError } from '../errors.js';
import { type DescribedFile, describedFiles, readFileSchema } from './file-schemas.js';

/** Schemas there are, or one of them. */
export type SchemaFacts =
  | { readonly files: readonly DescribedFile[] }
  | (DescribedFile & { readonly schema: Readonly<Record<string, unknown>> });

/**
 * Names the files with a schema, or hands out that of one.
 *
 * @throws CliError HAWSER_CONFIG_UNKNOWN
 */
export async function schemaFacts(wanted: string | undefined, root: string): Promise<SchemaFacts> {
  if (wanted === undefined) return { files: describedFiles };
  const found = describedFiles.find(({ name, file }) => name === wanted || file === wanted);
  if (!found) {
    const names = describedFiles.map(({ name }) => name);
    const [near] = nearMisses(wanted, names);
    throw new CliError('HAWSER_CONFIG_UNKNOWN', `There is no schema '${wanted}'.`, {
      hint: near === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${near}?`,
    });
  }
  return { ...found, schema: await readFileSchema(found.name, root) };
}

/** As people, and files it is redirected to, want it. */
export function renderSchema(facts: SchemaFacts): string {
  if ('schema' in facts) return JSON.stringify(facts.schema, null, 2);
  const width = Math.max(...facts.files.map(({ name }) => name.length));
  return facts.files.map(({ name, file, summary }) => `${name.padEnd(width)}  ${file}: ${summary}`).join('\n');
}
