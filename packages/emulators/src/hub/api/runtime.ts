import { Refusal, json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import type { Hub } from '../state/hub.js';
import type { Space } from '../state/spaces.js';
import { flavors, requireFlavor } from './flavors.js';
import { list, only, text } from './fields.js';

const path = (rest: string): RegExp => new RegExp(`^/api/spaces/([^/]+)/([^/]+)/${rest}$`, 'u');

/** What runs a Space, and on what. */
export function runtimeRoutes(hub: Hub): readonly Route[] {
  const change = (rest: string, work: (space: Space, call: Call) => Promise<void> | void): Route => ({
    method: 'POST',
    path: path(rest),
    answer: async (call): Promise<Answer> => {
      const space = requireApplication(hub, call);
      await work(space, call);
      return json(space.runtime.peek());
    },
  });
  return [
    { method: 'GET', path: /^\/api\/spaces\/hardware$/u, answer: () => json(flavors) },
    { method: 'GET', path: path('runtime'), answer: (call) => json(hub.space(call, 'read').runtime.read()) },
    change('hardware', async ({ runtime }, call) => {
      const fields = await call.body.json();
      only(fields, ['flavor', 'sleepTimeSeconds'], 'a request for hardware');
      runtime.requestHardware(requireFlavor(text(fields, 'flavor')));
      if (fields['sleepTimeSeconds'] !== undefined) runtime.setSleepSeconds(seconds(fields, 'sleepTimeSeconds'));
    }),
    change('sleeptime', async ({ runtime }, call) => {
      const fields = await call.body.json();
      only(fields, ['seconds'], 'a sleep time');
      runtime.setSleepSeconds(seconds(fields, 'seconds'));
    }),
    change('pause', ({ runtime }) => runtime.pause()),
    change('restart', ({ runtime }, call) => runtime.restart(call.query.get('factory') === 'true')),
    change('dev-mode', async ({ runtime }, call) => {
      const { enabled } = await call.body.json();
      if (typeof enabled !== 'boolean') throw new Refusal(400, '"enabled" must be true or false.');
      runtime.setDevMode(enabled);
    }),
    change('volumes', async ({ runtime }, call) => runtime.setVolumes(list(await call.body.json(), 'volumes'))),
  ];
}

/** A Space of files has nothing to run. */
function requireApplication(hub: Hub, call: Call): Space {
  const space = hub.space(call, 'write');
  if (space.sdk === 'static') throw new Refusal(400, 'This is a static Space: it has no runtime.');
  return space;
}

/** Seconds, or -1 for never. */
function seconds(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= -1) return value;
  throw new Refusal(400, `"${name}" must be a number of seconds, or -1 for never.`);
}
