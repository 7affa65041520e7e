import { Ajv2020 } from 'ajv/dist/2020.js';

/** What keeps settings from fitting the schema of a plugin, each in a few words. */
export function complaintsOf(schema: Readonly<Record<string, unknown>>, settings: unknown): readonly string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  if (ajv.validate({ ...schema }, settings)) return [];
  return (ajv.errors ?? []).map(({ instancePath, message = 'is wrong', params }) => {
    const { additionalProperty } = params as { additionalProperty?: string };
    return `via${instancePath.replaceAll('/', '.')} ${message}${additionalProperty ? `: ${additionalProperty}` : ''}`;
  });
}
