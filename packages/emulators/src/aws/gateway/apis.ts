import type { World } from '../world.js';

/** One method of a resource. */
export interface ApiMethod {
  readonly httpMethod: string;
  readonly authorization: string;
  /** ARN of the function behind it. */
  readonly functionArn: string;
}

/** One node of an API's tree of paths. */
export interface ApiResource {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly pathPart: string;
  readonly methods: Map<string, ApiMethod>;
}

/** What a deployment froze: full path and methods. */
export interface DeployedResource {
  readonly path: readonly string[];
  readonly methods: ReadonlyMap<string, ApiMethod>;
}

/** A stage of an API. */
export interface ApiStage {
  readonly name: string;
  deploymentId: string;
  /** For all methods. */
  rateLimit: number | undefined;
  burstLimit: number | undefined;
}

/** A REST API. */
export interface RestApi {
  readonly id: string;
  name: string;
  readonly rootId: string;
  readonly createdMs: number;
  readonly resources: Map<string, ApiResource>;
  readonly deployments: Map<string, readonly DeployedResource[]>;
  readonly stages: Map<string, ApiStage>;
}

/** All REST APIs of the account. */
export interface RestApis {
  readonly all: ReadonlyMap<string, RestApi>;
  create(name: string): RestApi;
  /** @throws Error when there is none */
  find(id: string): RestApi;
  remove(id: string): void;
  /** A new id of the service's form. */
  id(digits: number): string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Makes the table of APIs, empty. */
export function createRestApis(world: World): RestApis {
  const all = new Map<string, RestApi>();
  const id = (digits: number): string =>
    Array.from({ length: digits }, () => letters[world.random.below(letters.length)]).join('');
  return {
    all,
    id,
    create: (name) => {
      const rootId = id(10);
      const api: RestApi = {
        id: id(10),
        name,
        rootId,
        createdMs: world.nowMs(),
        resources: new Map([[rootId, { id: rootId, parentId: undefined, pathPart: '', methods: new Map() }]]),
        deployments: new Map(),
        stages: new Map(),
      };
      all.set(api.id, api);
      return api;
    },
    find: (wanted) => {
      const api = all.get(wanted);
      if (!api) throw new Error(`Invalid API identifier specified: ${wanted}`);
      return api;
    },
    remove: (gone) => void all.delete(gone),
  };
}

/** Freezes an API's methods as a deployment. @throws Error when there are none */
export function freeze(api: RestApi): readonly DeployedResource[] {
  const pathOf = (resource: ApiResource): readonly string[] => {
    const parent = resource.parentId === undefined ? undefined : api.resources.get(resource.parentId);
    return parent === undefined ? [] : [...pathOf(parent), resource.pathPart];
  };
  const frozen = [...api.resources.values()]
    .filter(({ methods }) => methods.size > 0)
    .map((resource) => ({ path: pathOf(resource), methods: new Map(resource.methods) }));
  if (frozen.length === 0) throw new Error("The REST API doesn't contain any methods");
  return frozen;
}

/** Finds what answers a path, and what its variables stand for: fixed parts go before variables, those before `{x+}`. */
export function findRoute(
  resources: readonly DeployedResource[],
  parts: readonly string[],
): { readonly resource: DeployedResource; readonly variables: Readonly<Record<string, string>> } | undefined {
  const ranked = resources
    .map((resource) => ({ resource, found: matchPath(resource.path, parts) }))
    .filter(({ found }) => found !== undefined)
    .toSorted((left, right) => (left.found!.rank < right.found!.rank ? -1 : 1));
  const [best] = ranked;
  return best && { resource: best.resource, variables: best.found!.variables };
}

function matchPath(
  path: readonly string[],
  parts: readonly string[],
): { readonly rank: string; readonly variables: Readonly<Record<string, string>> } | undefined {
  const variables: Record<string, string> = {};
  let rank = '';
  for (const [index, step] of path.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    const variable = /^\{(\w+)(\+?)\}$/u.exec(step);
    if (variable?.[2] === '+') {
      variables[variable[1]!] = parts.slice(index).join('/');
      return { rank: `${rank}2`, variables };
    }
    if (variable) variables[variable[1]!] = part;
    else if (step !== part) return undefined;
    rank += variable ? '1' : '0';
  }
  return parts.length === path.length ? { rank, variables } : undefined;
}
