import type { Http } from '../http/http.js';
import { readRuntime } from './space.js';
import type { Hub } from './types.js';

type Settings = Pick<
  Hub,
  | 'setVisibility'
  | 'variables'
  | 'setVariable'
  | 'deleteVariable'
  | 'secrets'
  | 'setSecret'
  | 'deleteSecret'
  | 'runtime'
  | 'requestHardware'
  | 'restart'
  | 'pause'
>;

/**
 * What the official library lacks: settings and runtime of a Space. Setting a value twice sets it once, so all but the
 * restart may be repeated.
 *
 * @see huggingface_hub `hf_api.py`, the methods named `*_space_*`.
 */
export function spaceSettings(http: Http): Settings {
  const send = async (method: string, path: string, json?: unknown): Promise<void> => {
    const call = { method, path, isIdempotent: true, ...(json === undefined ? {} : { json }) };
    await http.ask(call, (response) => response.arrayBuffer());
  };
  const runtimeAfter = async (path: string, json: unknown, isIdempotent: boolean): ReturnType<Hub['restart']> =>
    readRuntime(await http.json({ method: 'POST', path, json, isIdempotent }));
  return {
    setVisibility: (space, visibility) => send('PUT', `/api/spaces/${space}/settings`, { visibility }),
    variables: async (space) => {
      const found = await http.json<Record<string, { value?: string }>>({ path: `/api/spaces/${space}/variables` });
      return Object.fromEntries(Object.entries(found).map(([key, entry]) => [key, entry.value ?? '']));
    },
    setVariable: (space, key, value) => send('POST', `/api/spaces/${space}/variables`, { key, value }),
    deleteVariable: (space, key) => send('DELETE', `/api/spaces/${space}/variables`, { key }),
    secrets: async (space) => {
      const found = await http.json<Record<string, { updatedAt?: string }>>({ path: `/api/spaces/${space}/secrets` });
      return Object.fromEntries(Object.entries(found).map(([key, entry]) => [key, { updatedAt: entry.updatedAt }]));
    },
    setSecret: (space, key, value) => send('POST', `/api/spaces/${space}/secrets`, { key, value }),
    deleteSecret: (space, key) => send('DELETE', `/api/spaces/${space}/secrets`, { key }),
    runtime: async (space) => readRuntime(await http.json({ path: `/api/spaces/${space}/runtime` })),
    requestHardware: (space, flavor, sleepTimeSeconds) =>
      runtimeAfter(
        `/api/spaces/${space}/hardware`,
        { flavor, ...(sleepTimeSeconds === undefined ? {} : { sleepTimeSeconds }) },
        true,
      ),
    restart: (space, { factory = false } = {}) =>
      runtimeAfter(`/api/spaces/${space}/restart${factory ? '?factory=true' : ''}`, {}, false),
    pause: (space) => runtimeAfter(`/api/spaces/${space}/pause`, {}, true),
  };
}
