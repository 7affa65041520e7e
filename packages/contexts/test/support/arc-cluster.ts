import { on } from 'node:events';
import { EventEmitter } from 'node:events';
import { KubeClientError, type Cluster, type ListOptions, type WatchEvent } from '@hawser/kube-client';

interface Stored {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

/** A cluster in memory, for tests that have time of their own. The real client is held by the emulated API server. */
export class MemoryCluster implements Cluster {
  readonly context = 'memory';
  readonly server = 'https://memory.test';
  readonly namespace = 'default';
  readonly usesProxy = false;
  groups = ['apps', 'actions.github.com'];
  /** What is answered instead, by the beginning of the path. */
  readonly refuses = new Map<string, Error>();
  readonly asked: string[] = [];
  readonly #lists = new Map<string, Stored[]>();
  readonly #changes = new EventEmitter();

  /** Puts objects into a list, such as `apps/v1/deployments`, in their own namespaces. */
  place(list: string, ...objects: readonly object[]): this {
    const all = this.#lists.get(list) ?? [];
    for (const one of objects as readonly Stored[]) {
      const at = all.findIndex(({ metadata }) => metadata.name === one.metadata.name);
      if (at === -1) all.push(one);
      else all[at] = one;
    }
    this.#lists.set(list, all);
    this.#changes.emit('change', list);
    return this;
  }

  remove(list: string, name?: string): void {
    this.#lists.set(
      list,
      (this.#lists.get(list) ?? []).filter(({ metadata }) => name !== undefined && metadata.name !== name),
    );
    this.#changes.emit('change', list);
  }

  async get<T>(path: string): Promise<T> {
    this.#ask(path);
    if (path === '/apis') return { kind: 'APIGroupList', groups: this.groups.map((name) => ({ name })) } as T;
    const [, namespace, name] = /^\/api\/v1\/namespaces\/([^/]+)\/secrets\/(.+)$/u.exec(path) ?? [];
    const found = this.#lists
      .get('v1/secrets')
      ?.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    if (!found) throw new KubeClientError('HAWSER_KUBE_NOT_FOUND', `There is no ${path}.`);
    return found as T;
  }

  async *list<T>(path: string, { labelSelector = '' }: ListOptions = {}): AsyncIterable<T> {
    this.#ask(path);
    yield* this.#listed(path, labelSelector);
  }

  *#listed<T>(path: string, labelSelector: string): Iterable<T> {
    const { list, namespace } = parse(path);
    const wanted = labelSelector
      .split(',')
      .filter(Boolean)
      .map((pair) => pair.split('='));
    for (const one of this.#lists.get(list) ?? []) {
      const { metadata } = one;
      if (namespace !== undefined && metadata.namespace !== namespace) continue;
      if (wanted.every(([key = '', value]) => metadata.labels?.[key] === value)) yield structuredClone(one) as T;
    }
  }

  async *watch<T>(
    path: string,
    { signal, labelSelector = '' }: ListOptions & { readonly signal: AbortSignal },
  ): AsyncIterable<WatchEvent<T>> {
    this.#ask(`watch ${path}`);
    const { list } = parse(path);
    for (const object of this.#listed<T>(path, labelSelector)) yield { type: 'ADDED', object };
    try {
      for await (const [changed] of on(this.#changes, 'change', { signal }))
        if (changed === list) yield { type: 'MODIFIED', object: {} as T };
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  post(): never {
    throw new Error('Nothing is posted.');
  }

  text(): never {
    throw new Error('No text is read.');
  }

  put(): never {
    throw new Error('Nothing is written.');
  }

  patch(): never {
    throw new Error('Nothing is written.');
  }

  delete(): never {
    throw new Error('Nothing is written.');
  }

  forward(): never {
    throw new Error('Nothing is forwarded.');
  }

  locate(): never {
    throw new Error('Nothing is located.');
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #ask(path: string): void {
    this.asked.push(path);
    for (const [start, error] of this.refuses) if (path.startsWith(start)) throw error;
  }
}

function parse(path: string): { readonly list: string; readonly namespace: string | undefined } {
  const [, group = '', namespace, kind = ''] =
    /^\/(?:apis\/|api\/)([^/]+(?:\/v\d\w*)?)\/(?:namespaces\/([^/]+)\/)?([^/]+)$/u.exec(path) ?? [];
  return { list: `${group}/${kind}`, namespace };
}
