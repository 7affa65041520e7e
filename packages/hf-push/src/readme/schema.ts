import { approvedColors } from './choices.js';

/** With its skin, its colour, or the letters of a region's flag. */
const pictograph = '\\p{Extended_Pictographic}[\\p{Emoji_Modifier}\\uFE0F\\u{E0020}-\\u{E007F}]*';
const strings = { type: 'array', items: { type: 'string' } };

/**
 * Front matter of a Docker Space's README, as JSON Schema of draft 2020-12. Keys that are not named are left to the Hub.
 *
 * @see Hugging Face's Spaces configuration reference.
 */
export const frontMatterSchema: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Front matter of a Docker Space',
  type: 'object',
  required: ['title', 'emoji', 'colorFrom', 'colorTo', 'sdk'],
  properties: {
    title: { type: 'string', minLength: 1 },
    // Joined and coloured emoji are several code points; letters and punctuation are none.
    emoji: {
      type: 'string',
      pattern: `^(?:\\p{RI}{2}|[0-9#*]\\uFE0F?\\u20E3|${pictograph}(?:\\u200D${pictograph})*)$`,
    },
    colorFrom: { enum: approvedColors },
    colorTo: { enum: approvedColors },
    sdk: { const: 'docker' },
    app_port: { type: 'integer', minimum: 1, maximum: 65_535 },
    base_path: { type: 'string', pattern: '^/' },
    pinned: { type: 'boolean' },
    tags: strings,
    models: strings,
    datasets: strings,
    short_description: { type: 'string' },
    thumbnail: { type: 'string' },
    fullWidth: { type: 'boolean' },
    header: { enum: ['mini', 'default'] },
    suggested_hardware: { type: 'string' },
    suggested_storage: { type: 'string' },
    startup_duration_timeout: { type: 'string', pattern: '^\\d+(?:\\.\\d+)?\\s*[a-z]+$' },
    disable_embedding: { type: 'boolean' },
    hf_oauth: { type: 'boolean' },
    hf_oauth_scopes: strings,
    hf_oauth_expiration_minutes: { type: 'integer', minimum: 1 },
    hf_oauth_authorized_org: { anyOf: [{ type: 'string' }, strings] },
    custom_headers: {
      type: 'object',
      properties: {
        'cross-origin-embedder-policy': { type: 'string' },
        'cross-origin-opener-policy': { type: 'string' },
        'cross-origin-resource-policy': { type: 'string' },
      },
      additionalProperties: false,
    },
    preload_from_hub: strings,
    license: { anyOf: [{ type: 'string' }, strings] },
  },
};
