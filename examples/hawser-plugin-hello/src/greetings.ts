import { defineDocument } from '@hawser/cli-kit/state';

/** How often each target was greeted; lies in the state folder of the project. */
export const greetings = defineDocument<Readonly<Record<string, number>>>({
  name: 'hello-greetings',
  version: 1,
  schema: { type: 'object', additionalProperties: { type: 'integer', minimum: 1 } },
  default: () => ({}),
});
