import { json } from '../http/answer.js';
import type { Route } from '../http/serve.js';
import type { Hub } from '../state/hub.js';
import type { Setting } from '../state/spaces.js';
import { only, text } from './fields.js';
import { readSetting } from './repos.js';

/** Variables, which are read back, and secrets, whose values are not. */
export function settingRoutes(hub: Hub): readonly Route[] {
  return (['variables', 'secrets'] as const).flatMap((kind): readonly Route[] => {
    const path = new RegExp(`^/api/spaces/([^/]+)/([^/]+)/${kind}$`, 'u');
    const view = (settings: ReadonlyMap<string, Setting>): Readonly<Record<string, unknown>> =>
      Object.fromEntries(
        [...settings].map(([key, { value, ...rest }]) => [key, kind === 'variables' ? { value, ...rest } : rest]),
      );
    return [
      { method: 'GET', path, answer: (call) => json(view(hub.space(call, 'write')[kind])) },
      {
        method: 'POST',
        path,
        answer: async (call) => {
          const space = hub.space(call, 'write');
          const [key, setting] = readSetting(await call.body.json(), hub.nowMs());
          space[kind].set(key, setting);
          space.runtime.settingsChanged();
          return json(kind === 'variables' ? view(space.variables) : {});
        },
      },
      {
        method: 'DELETE',
        path,
        answer: async (call) => {
          const space = hub.space(call, 'write');
          const fields = await call.body.json();
          only(fields, ['key'], 'what is to be deleted');
          if (space[kind].delete(text(fields, 'key'))) space.runtime.settingsChanged();
          return json(kind === 'variables' ? view(space.variables) : {});
        },
      },
    ];
  });
}
