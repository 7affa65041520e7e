import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { readProjectFile, readUserFile } from '@hawser/exec-client';
import { loadTunnels } from '@hawser/tunnels/config';
import { SettingResolver, settingOf } from '../../src/config/resolve.js';
import { readUserFile as readSessionsFile } from '../../src/sessions/user-file.js';

/** Files that a reader of ours takes apart by hand; the others are validated by their schema. */
export const handWritten = ['project', 'config', 'tunnels', 'sessions'] as const;

/** One of {@link handWritten}. */
export type HandWritten = (typeof handWritten)[number];

export const ajv = new Ajv2020({ strict: false });
const validators = new Map<string, ValidateFunction>();

/** Whether the schema that is published takes a document. */
export function fits(name: string, value: unknown): boolean {
  let validate = validators.get(name);
  if (!validate) {
    const path = join(import.meta.dirname, `../../schemas/files/${name}.json`);
    validators.set(name, (validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')) as object)));
  }
  return validate(value);
}

/** Puts a text where its reader looks, and reads it as the product does. */
const readers: Readonly<Record<HandWritten, (text: string, place: string) => Promise<unknown>>> = {
  project: async (text, place) => {
    writeFileSync(join(place, '.hawser.yaml'), text);
    await readProjectFile(place);
    await resolveOne(place);
  },
  config: async (text, place) => {
    writeFileSync(join(place, 'config.yaml'), text, { mode: 0o600 });
    await readUserFile(place);
    await resolveOne(place);
  },
  tunnels: async (text, place) => {
    writeFileSync(join(place, 'tunnels.yaml'), text);
    await loadTunnels({ from: place, env: { HAWSER_CONFIG_DIR: join(place, 'none') }, home: tmpdir() });
  },
  sessions: async (text, place) => {
    writeFileSync(join(place, 'sessions.json'), text, { mode: 0o600 });
    await readSessionsFile(place);
  },
};

async function resolveOne(place: string): Promise<void> {
  const resolver = new SettingResolver({ from: place, env: {}, home: tmpdir(), configDir: place });
  for (const name of ['aws.region', 'net.prefect-port', 'net.via', 'env.allow-network', 'hf.endpoint']) {
    await resolver.resolve(settingOf(name));
  }
}

/** Whether the product's own reader takes a text, in a folder of its own below `folder`. */
export async function isRead(name: HandWritten, text: string, folder: string): Promise<boolean> {
  const place = mkdtempSync(join(folder, 'f-'));
  writeFileSync(join(place, '.git'), '');
  return await readers[name](text, place).then(
    () => true,
    () => false,
  );
}
