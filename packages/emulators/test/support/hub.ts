import { createHash } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import { startHubEmulator, type HubEmulator, type HubEmulatorOptions } from '@hawser/emulators/hub';

/** What a Hub answered. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly json: Record<string, unknown>;
}

/** A request to a Hub. A body that is no string, no bytes and no form goes as JSON. */
export interface HubAsk {
  readonly body?: unknown;
  /** Default: the first account's. `null` for nobody. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A Hub for the tests of one file, and a plain client of it. */
export interface HubBench {
  readonly hub: HubEmulator;
  ask(method: string, path: string, options?: HubAsk): Promise<HubAnswer>;
  /** Makes a Docker Space with a name of its own, and says its id. */
  space(): Promise<string>;
  /** Commits lines, behind a header unless there is one. */
  commit(
    space: string,
    lines: readonly Line[],
    options?: HubAsk & { readonly query?: string; readonly revision?: string },
  ): Promise<HubAnswer>;
  /** Uploads an LFS object, and says its id. */
  store(space: string, content: Buffer): Promise<string>;
}

/** A line of a commit. */
export interface Line {
  readonly key: string;
  readonly value: unknown;
}

/** Front matter no Hub refuses. */
export const readme = '---\ntitle: Echo\nemoji: 🐳\ncolorFrom: red\ncolorTo: blue\nsdk: docker\n---\n# Echo\n';

export const header: Line = { key: 'header', value: { summary: 'Change', description: '' } };

/** A line that adds a regular file. */
export function file(path: string, content: string | Buffer): Line {
  return { key: 'file', value: { path, content: Buffer.from(content).toString('base64'), encoding: 'base64' } };
}

/** The media type of git-lfs. */
export const lfsType = 'application/vnd.git-lfs+json';

/** Starts a Hub before the tests of a file, and closes it behind them. */
export function useHub(options: HubEmulatorOptions = {}): HubBench {
  let running: HubEmulator | undefined;
  let spaces = 0;
  beforeAll(async () => {
    running = await startHubEmulator(options);
  });
  afterAll(async () => running?.close());
  const bench: HubBench = {
    get hub() {
      if (!running) throw new Error('The Hub is started before the first test.');
      return running;
    },
    ask: async (method, path, { body, token = bench.hub.accounts[0]?.token ?? '', headers = {} } = {}) => {
      const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
      const answer = await fetch(bench.hub.endpoint + path, {
        method,
        redirect: 'manual',
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(isRaw ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined
          ? {}
          : { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        text,
        get json() {
          return JSON.parse(text) as Record<string, unknown>;
        },
      };
    },
    space: async () => {
      spaces += 1;
      const { status, json, text } = await bench.ask('POST', '/api/repos/create', {
        body: { type: 'space', sdk: 'docker', name: `space-${spaces}` },
      });
      if (status !== 200) throw new Error(text);
      return String(json['name']);
    },
    commit: async (space, lines, { query = '', revision = 'main', ...rest } = {}) =>
      await bench.ask('POST', `/api/spaces/${space}/commit/${encodeURIComponent(revision)}${query}`, {
        ...rest,
        body: [...(lines[0]?.key === 'header' ? [] : [header]), ...lines]
          .map((line) => JSON.stringify(line))
          .join('\n'),
      }),
    store: async (space, content) => {
      const oid = createHash('sha256').update(content).digest('hex');
      const { json } = await bench.ask('POST', `/spaces/${space}.git/info/lfs/objects/batch`, {
        headers: { 'content-type': lfsType },
        body: { operation: 'upload', transfers: ['basic'], objects: [{ oid, size: content.length }] },
      });
      const [object] = json['objects'] as [{ readonly actions?: { readonly upload: { readonly href: string } } }];
      const href = object.actions?.upload.href;
      if (href !== undefined) await bench.ask('PUT', new URL(href).pathname, { body: content, token: null });
      return oid;
    },
  };
  return bench;
}
