import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../src/openapi/document.js';

interface Described {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { schema: { $ref: string } }>> }>
  >;
}

/** Holds answers against the service's own OpenAPI document. */
export function describeAnswers(): { readonly check: (request: Request, response: Response) => Promise<void> } {
  const document = openApiDocument('0.0.0') as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  };
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(document, 'api');
  const validators = new Map<string, ValidateFunction>();

  return {
    check: async (request, response) => {
      const described = find(document.paths, request);
      const schema = (described?.responses[String(response.status)] ?? described?.responses['default'])?.content[
        'application/json'
      ]?.schema.$ref;
      if (schema === undefined && response.status !== 404 && response.status !== 405) {
        throw new Error(`${request.method} ${request.url} is in no document.`);
      }
      const name = schema ?? '#/components/schemas/ApiError';
      let validate = validators.get(name);
      if (!validate) validators.set(name, (validate = ajv.compile({ $ref: `api${name}` })));
      if (response.status < 400 && name.endsWith('/ApiError')) {
        throw new Error(`${request.method} ${request.url} answered ${response.status}, which is not described.`);
      }
      const body = await response.json();
      if (!validate(body)) {
        throw new Error(
          `${request.method} ${request.url} answered what is not described: ${JSON.stringify(validate.errors)}\n${JSON.stringify(body)}`,
        );
      }
    },
  };
}

function find(
  paths: Readonly<Record<string, Readonly<Record<string, Described>>>>,
  request: Request,
): Described | undefined {
  const { pathname } = new URL(request.url);
  for (const [pattern, methods] of Object.entries(paths)) {
    const matches = new RegExp(`^${pattern.replaceAll('.', '\\.').replace('{id}', '[^/]+')}$`).test(pathname);
    const described = methods[request.method.toLowerCase()];
    if (matches && described) return described;
  }
  return undefined;
}
