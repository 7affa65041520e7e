import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that we read, whose schema is shipped. */
export interface DescribedFile {
  /** What `hawser config schema` calls it. */
  readonly name: string;
  /** The file, as people know it. */
  readonly file: string;
  /** What it is for. */
  readonly summary: string;
  /** Where editors find the schema; what a `$schema` line says. */
  readonly id: string;
}

const describe = (name: string, file: string, summary: string): DescribedFile => ({
  name,
  file,
  summary,
  id: `https://hawser.dev/schemas/${name}-1.json`,
});

/** Every file with a schema. */
export const describedFiles: readonly DescribedFile[] = [
  describe('project', '.hawser.yaml', 'how commands of a project run, and its settings'),
  describe('config', 'config.yaml', 'your backends, and your settings'),
  describe('tunnels', 'tunnels.yaml', 'sets of tunnels'),
  describe('sessions', 'sessions.json', 'your service of terminal sessions'),
  describe('openenv', 'openenv.yaml', 'the manifest of an environment'),
  describe('hf-plan', 'the file of hf plan --output', 'what a push is going to change'),
  describe('setup', '.hawser/setup.json', 'what was chosen at hawser setup'),
  describe('contexts', '.hawser/contexts.json', 'contexts, and what was written for them'),
];

/** The schema of a file, as it is shipped. `root` is the folder of our package. */
export async function readFileSchema(name: string, root: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await readFile(join(root, 'dist/schemas/files', `${name}.json`), 'utf8')) as Record<
    string,
    unknown
  >;
}

/** The comment by which editors find the schema of a YAML file. */
export function schemaComment(name: 'project' | 'config' | 'tunnels'): string {
  const described = describedFiles.find((each) => each.name === name);
  return `# yaml-language-server: $schema=${described?.id}\n`;
}

/** Makes a YAML file that is not there, with nothing in it but the line for editors. */
export async function beginFile(path: string, name: 'project' | 'config' | 'tunnels', mode: number): Promise<void> {
  try {
    await writeFile(path, schemaComment(name), { mode, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
