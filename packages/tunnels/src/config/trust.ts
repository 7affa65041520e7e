import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { defineDocument, openStore, type DocumentDefinition, type StateDocument } from '@hawser/state-store';
import { dataFolder, type PlaceOptions } from './places.js';
import { trustSchema } from './schema.js';

/** Files a person has read and takes as they were, by path. */
interface TrustRecord {
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly at: string }>>;
}

/** Whether exactly these bytes at this path were taken by the person. */
export async function isTrusted(path: string, bytes: Uint8Array, places: PlaceOptions): Promise<boolean> {
  const { data } = await (await trustDocument(places)).read();
  const key = realpathSync(path);
  return Object.hasOwn(data.files, key) && data.files[key]?.sha256 === digest(bytes);
}

/** Takes a file as it is at this moment; once it changes it is not trusted any more. */
export async function trust(path: string, bytes: Uint8Array, places: PlaceOptions): Promise<string> {
  const sha256 = digest(bytes);
  const key = realpathSync(path);
  const document = await trustDocument(places);
  await document.update(({ files }) => ({
    files: { ...files, [key]: { sha256, at: new Date().toISOString() } },
  }));
  return sha256;
}

/** Takes trust in a file back; answers whether there was any. */
export async function distrust(path: string, places: PlaceOptions): Promise<boolean> {
  const key = realpathSync(path);
  let had = false;
  const document = await trustDocument(places);
  await document.update(({ files }) => {
    had = Object.hasOwn(files, key);
    return { files: Object.fromEntries(Object.entries(files).filter(([each]) => each !== key)) };
  });
  return had;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function trustDocument(places: PlaceOptions): Promise<StateDocument<TrustRecord>> {
  const { compiledSchemas } = await import('./compiled.generated.js');
  const definition: DocumentDefinition<TrustRecord> = defineDocument<TrustRecord>({
    name: 'trusted-tunnels',
    version: 1,
    schema: trustSchema,
    validate: compiledSchemas.trust,
    default: () => ({ files: {} }),
    sensitive: true,
  });
  const folder = dataFolder(places);
  return openStore({ from: folder, env: { HAWSER_STATE_DIR: folder } }).document(definition);
}
