import { routes } from '../route-table.js';

/** The OpenAPI 3.1 document of the service. */
export function openApiDocument(version: string): Readonly<Record<string, unknown>> {
  return { openapi: '3.1.0', info: { title: 'Hawser sessions', version }, paths: Object.keys(routes) };
}
