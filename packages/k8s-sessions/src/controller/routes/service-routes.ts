import { openApiDocument } from '../openapi/document.js';
import { json } from './context.js';
import type { Context } from './context.js';

/** `GET /.well-known/jwks.json`: the keys that tickets (and receipts) are signed with. */
export async function jwks({ service }: Context): Promise<Response> {
  return json(await service.ports.tickets.jwks(), 200, { 'cache-control': 'public, max-age=300' });
}

/** `GET /openapi.json` */
export async function openApi({ service }: Context): Promise<Response> {
  return json(openApiDocument(service.ports.version), 200, { 'cache-control': 'public, max-age=300' });
}

/** `GET /healthz`: the process answers. Nothing else, so that no outage elsewhere restarts it. */
export async function healthz(): Promise<Response> {
  return json({ ok: true });
}

/**
 * `GET /readyz`: whether requests can be answered now. That no session is taken is a warning: sessions that are there are
 * still looked at and stopped here, and whoever asks for one is told why.
 */
export async function readyz({ service }: Pick<Context, 'service'>): Promise<Response> {
  const problems: string[] = [];
  if (service.closing.aborted) problems.push('This replica is going away.');
  try {
    const schema = await service.store.schema();
    if (!schema.current) problems.push(`The database has schema ${schema.version ?? 'none'}, not the one needed.`);
  } catch {
    problems.push('The database cannot be reached.');
  }
  const { publicUrl } = service.settings;
  const isClear = publicUrl !== null && publicUrl.startsWith('http:') && !isLoopback(new URL(publicUrl).hostname);
  const warnings = [
    ...service.standing.refusals.map((why) => `No session is taken: ${why}.`),
    ...service.standing.warnings,
    ...(isClear ? ['API keys and links travel in clear text: the public address is http.'] : []),
  ];
  return json({ ok: problems.length === 0, problems, warnings }, problems.length === 0 ? 200 : 503);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

/** `GET /metrics`: Prometheus' text format. */
export async function metrics({ service }: Pick<Context, 'service'>): Promise<Response> {
  const { registry } = service.metrics;
  return new Response(await registry.metrics(), { headers: { 'content-type': registry.contentType } });
}
