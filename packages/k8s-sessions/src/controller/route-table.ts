/**
 * Every route: method, path, and who may ask: `open` anybody, `any` whoever has a good key, else keys with that scope.
 * `{path…}` stands for all that follows.
 */
export const routes = {
  createSession: ['POST', '/api/sessions', 'create'],
  listSessions: ['GET', '/api/sessions', 'view'],
  getSession: ['GET', '/api/sessions/{id}', 'view'],
  stopSession: ['DELETE', '/api/sessions/{id}', 'control'],
  wait: ['GET', '/api/sessions/{id}/wait', 'view'],
  events: ['GET', '/api/sessions/{id}/events', 'view'],
  mintTicket: ['POST', '/api/sessions/{id}/tickets', 'view'],
  listGrants: ['GET', '/api/sessions/{id}/grants', 'control'],
  revokeGrant: ['DELETE', '/api/sessions/{id}/grants/{grant}', 'control'],
  log: ['GET', '/api/sessions/{id}/log', 'view'],
  screen: ['GET', '/api/sessions/{id}/screen', 'view'],
  search: ['GET', '/api/sessions/{id}/search', 'view'],
  history: ['GET', '/api/sessions/{id}/history', 'view'],
  receipt: ['GET', '/api/sessions/{id}/receipt', 'view'],
  input: ['POST', '/api/sessions/{id}/input', 'control'],
  signal: ['POST', '/api/sessions/{id}/signal', 'control'],
  resize: ['POST', '/api/sessions/{id}/resize', 'control'],
  readFile: ['GET', '/api/sessions/{id}/files/{path…}', 'control'],
  writeFile: ['PUT', '/api/sessions/{id}/files/{path…}', 'control'],
  removeFile: ['DELETE', '/api/sessions/{id}/files/{path…}', 'control'],
  listKeys: ['GET', '/api/keys', 'admin'],
  createKey: ['POST', '/api/keys', 'admin'],
  revokeKey: ['DELETE', '/api/keys/{key}', 'admin'],
  whoami: ['GET', '/api/whoami', 'any'],
  jwks: ['GET', '/.well-known/jwks.json', 'open'],
  openApi: ['GET', '/openapi.json', 'open'],
  healthz: ['GET', '/healthz', 'open'],
  readyz: ['GET', '/readyz', 'open'],
  metrics: ['GET', '/metrics', 'open'],
} as const;

export type RouteName = keyof typeof routes;

/** A path held against the table. */
export type Found =
  | { readonly route: RouteName; readonly params: Readonly<Record<string, string>> }
  | { readonly allowed: readonly string[] };

/** Finds the route of a request, or the methods that the path would have. HEAD is a GET without its body. */
export function findRoute(method: string, pathname: string): Found {
  const asked = method === 'HEAD' ? 'GET' : method;
  const allowed: string[] = [];
  for (const [name, [routeMethod, pattern]] of Object.entries(routes)) {
    const params = match(pattern, pathname);
    if (!params) continue;
    if (routeMethod === asked) return { route: name as RouteName, params };
    allowed.push(routeMethod);
  }
  return { allowed };
}

function match(pattern: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split('/');
  const parts = pathname.split('/');
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const given = parts[index];
    if (given === undefined || (given === '' && part !== '')) return undefined;
    if (part === '{path…}') {
      // As it was written: whoever serves the file reads the escapes.
      params['path'] = parts.slice(index).join('/');
      return params;
    }
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name !== undefined) params[name] = decoded(given);
    else if (part !== given) return undefined;
  }
  return wanted.length === parts.length ? params : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
