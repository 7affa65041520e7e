import { describe, expect, test } from '@jest/globals';
import { apiRoutes } from '@hawser/exec-client/contract';
import { openApiDocument } from '../../src/openapi/document.js';
import { schemas } from '../../src/openapi/schemas.js';
import { scopes } from '../../src/router/scopes.js';

interface Described {
  readonly operationId: string;
  readonly security: readonly object[];
}

describe('the OpenAPI document', () => {
  const document = openApiDocument('1.2.3') as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
    readonly info: { readonly version: string };
  };

  test('has every route, and who may ask it', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => [operationId, [method.toUpperCase(), path]]),
    );
    expect(Object.fromEntries(described)).toEqual(apiRoutes);
    for (const [name, [method, path]] of Object.entries(apiRoutes)) {
      const isOpen = scopes[name as keyof typeof scopes] === 'open';
      expect(document.paths[path]?.[method.toLowerCase()]?.security.length).toBe(isOpen ? 0 : 1);
    }
    expect(document.info.version).toBe('1.2.3');
  });

  test('refers to nothing that it does not have', () => {
    const referred = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
    expect(referred.filter((name) => name !== 'OpenApi' && !Object.hasOwn(schemas, name ?? ''))).toEqual([]);
    expect(Object.keys(schemas).filter((name) => !referred.includes(name))).toEqual([]);
  });
});
