import { type DocumentDefinition, defineDocument } from '@hawser/state-store';
import { type Choices, choiceNames } from './choices.js';

/** What `.hawser/setup.json` holds: choices by preset, and which preset was used last. */
export interface SetupDocument {
  readonly preset?: string;
  readonly choices: Readonly<Record<string, Choices>>;
}

export const setupDocument: DocumentDefinition<SetupDocument> = defineDocument<SetupDocument>({
  name: 'setup',
  version: 1,
  schema: {
    type: 'object',
    required: ['choices'],
    additionalProperties: false,
    properties: {
      preset: { type: 'string' },
      choices: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          additionalProperties: false,
          properties: Object.fromEntries(choiceNames.map((name) => [name, { type: 'string' }])),
        },
      },
    },
  },
  default: () => ({ choices: {} }),
});
