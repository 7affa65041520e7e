import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../src/controller/openapi/document.js';
import { findRoute } from '../../src/controller/route-table.js';

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: { readonly $ref?: string } }>> }>
  >;
}

/** Holds answers against the service's own OpenAPI document, and knows which routes have answered with a success. */
export interface AnswerCheck {
  readonly succeeded: Set<string>;
  check(method: string, pathname: string, response: Response): Promise<void>;
}

export function answerCheck(): AnswerCheck {
  const document = openApiDocument('0.0.0') as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  };
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(document, 'api');
  const described = new Map(
    Object.values(document.paths).flatMap((methods) => Object.values(methods).map((one) => [one.operationId, one])),
  );
  const validators = new Map<string, ValidateFunction>();
  const succeeded = new Set<string>();
  return {
    succeeded,
    async check(method, pathname, response) {
      const found = findRoute(method, pathname);
      const type = (response.headers.get('content-type') ?? '').replace(/;.*/, '');
      const operation = 'route' in found ? described.get(found.route) : undefined;
      const answer = operation?.responses[String(response.status)];
      const isProblem = type === 'application/problem+json';
      if (operation && !isProblem && !answer) {
        throw new Error(`${method} ${pathname} answered ${response.status}, which is not described.`);
      }
      if (operation && response.status < 400) succeeded.add(operation.operationId);
      if (type === 'text/event-stream' || !(isProblem || type.endsWith('json'))) return;
      const wanted = answer?.content?.['application/json']?.schema?.$ref;
      const name = isProblem ? '#/components/schemas/Problem' : wanted;
      if (name === undefined) return;
      let validate = validators.get(name);
      if (!validate) validators.set(name, (validate = ajv.compile({ $ref: `api${name}` })));
      const body = await response.clone().json();
      if (validate(body)) return;
      throw new Error(
        `${method} ${pathname} answered what is not described: ${JSON.stringify(validate.errors)}\n${JSON.stringify(body)}`,
      );
    },
  };
}
