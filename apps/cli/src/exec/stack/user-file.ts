import { join } from 'node:path';
import type { Config } from '@oclif/core';
import { type ForeignFile, openForeign } from '@hawser/state-store/foreign';

/** One backend of a person's configuration. */
export interface UserBackend {
  readonly api_endpoint: string;
  readonly api_key?: string;
  readonly region?: string;
  /** The stack that it is, for whoever may look at it from outside. */
  readonly stack?: string;
  readonly profile?: string;
}

/** What a person has configured. */
export interface UserBackends {
  readonly path: string;
  readonly backends: Readonly<Record<string, UserBackend>>;
}

const fileIn = ({ configDir }: Pick<Config, 'configDir'>): ForeignFile =>
  openForeign({ path: join(configDir, 'config.yaml'), format: 'yaml', mode: 0o600 });

/** The backends of a person, by name. */
export async function readBackends(config: Pick<Config, 'configDir'>): Promise<UserBackends> {
  const file = fileIn(config);
  const { backends = {} } = ((await file.read()).value ?? {}) as { backends?: Record<string, UserBackend> };
  return { path: file.path, backends };
}

/** Keeps a backend under a name, in a file that the person alone may read. The first one is the default. */
export async function saveBackend(
  config: Pick<Config, 'configDir'>,
  name: string,
  backend: UserBackend,
): Promise<string> {
  const file = fileIn(config);
  await file.update((draft) => {
    for (const [key, value] of Object.entries(backend)) draft.set(['backends', name, key], value);
    if (draft.get(['backend']) === undefined) draft.set(['backend'], name);
  });
  return file.path;
}

/** Takes a backend out of the file, and away from being the default. */
export async function removeBackend(config: Pick<Config, 'configDir'>, name: string): Promise<void> {
  await fileIn(config).update((draft) => {
    draft.delete(['backends', name]);
    if (draft.get(['backend']) === name) draft.delete(['backend']);
  });
}
