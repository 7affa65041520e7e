import type { Http } from '../http/http.js';
import { readBody } from '../http/read-body.js';
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
  const send = async (method: string, path: string, json: unknown, secrets: readonly string[] = []): Promise<void> => {
    const call = { method, path, json, secrets, isIdempotent: true };
    await http.ask(call, (response) => readBody(response, `${method} ${path}`));
  };
  const list = async (path: string): Promise<[string, Readonly<Record<string, unknown>>][]> => {
    const found = await http.json<Record<string, unknown>>({ path });
    return Object.entries(found).map(([key, entry]) => [key, typeof entry === 'object' ? { ...entry } : {}]);
  };
  const runtimeAfter = async (path: string, json: unknown, isIdempotent: boolean): ReturnType<Hub['restart']> =>
    readRuntime(await http.json({ method: 'POST', path, json, isIdempotent }));
  return {
    setVisibility: (space, visibility) => send('PUT', `/api/spaces/${space}/settings`, { visibility }),
    variables: async (space) => {
      const found = await list(`/api/spaces/${space}/variables`);
      return Object.fromEntries(found.map(([key, { value }]) => [key, textOr(value, '')]));
    },
    setVariable: (space, key, value) => send('POST', `/api/spaces/${space}/variables`, { key, value }),
    deleteVariable: (space, key) => send('DELETE', `/api/spaces/${space}/variables`, { key }),
    secrets: async (space) => {
      const found = await list(`/api/spaces/${space}/secrets`);
      return Object.fromEntries(
        found.map(([key, { updatedAt }]) => [key, { updatedAt: textOr(updatedAt, undefined) }]),
      );
    },
    setSecret: (space, key, value) => send('POST', `/api/spaces/${space}/secrets`, { key, value }, [value]),
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

function textOr<Otherwise>(value: unknown, otherwise: Otherwise): string | Otherwise {
  return typeof value === 'string' ? value : otherwise;
}
