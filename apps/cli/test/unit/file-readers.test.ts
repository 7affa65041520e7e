import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { fits, handWritten, isRead, type HandWritten } from '../support/file-readers.js';

const folder = mkdtempSync(join(tmpdir(), 'readers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whole documents of each file, with something at every kind of place. */
const whole: Readonly<Record<HandWritten, unknown>> = {
  project: {
    backend: 'acme',
    image: 'node:22',
    timeout: 1800,
    workdir: 'infra',
    branch: 'main',
    env: { STAGE: 'test' },
    secrets: { TOKEN: 'token' },
    lock: 'prod',
    settings: { 'aws.region': 'eu-west-1', 'net.prefect-port': 5000, 'net.via': 'ssm' },
  },
  config: {
    backend: 'a',
    backends: { a: { api_endpoint: 'https://a.example.com', api_key: 'k', region: 'eu-west-1' } },
    settings: { 'hf.endpoint': 'https://hub.example.com' },
  },
  tunnels: {
    sets: {
      staging: {
        via: { kind: 'ssh-bastion', host: 'bastion.example.com', user: 'ops', port: 2222 },
        tunnels: {
          db: { local: 0, to: 'db.internal:5432', probe: 'postgres', env: { PGHOST: '{host}' } },
          web: { local: 8080, to: 'web.internal:80', probe: { http: '/' } },
        },
      },
    },
  },
  sessions: { url: 'https://s.example.com', api_key: 'k', receipt_keys: ['PEM'] },
};

const foreign: readonly unknown[] = ['stranger', -1, true, null, {}, [1]];

/** What a schema cannot know: the other file of the two may say it, or a plugin bring it. */
const readerAlone = new Set([
  'sets.staging without via',
  'sets.staging.via.kind = "stranger"',
  ...['db', 'web'].flatMap((name) => [`sets.staging.tunnels.${name} = {}`, `sets.staging.tunnels.${name} without to`]),
]);

/** The document with every place of it, one after the other, holding something else, missing, or with a stranger beside it. */
function* changed(document: unknown, at: readonly string[] = []): Generator<readonly [where: string, made: unknown]> {
  const where = at.join('.');
  for (const value of foreign) yield [`${where} = ${JSON.stringify(value)}`, value];
  if (typeof document !== 'object' || document === null) return;
  const entries = Object.entries(document);
  const remade = (pairs: readonly (readonly [string, unknown])[]): unknown =>
    Array.isArray(document) ? pairs.map(([, value]) => value) : Object.fromEntries(pairs);
  yield [`${where} with a stranger`, remade([...entries, ['stranger', 'x']])];
  for (const [key, value] of entries) {
    yield [`${where} without ${key}`, remade(entries.filter(([name]) => name !== key))];
    for (const [inner, made] of changed(value, [...at, key]))
      yield [inner, remade(entries.map(([name, old]) => [name, name === key ? made : old]))];
  }
}

test.each(handWritten)('the reader of %s takes what its schema takes, wherever a document is changed', async (name) => {
  const wrong: string[] = [];
  expect([fits(name, whole[name]), await isRead(name, text(name, whole[name]), folder)]).toEqual([true, true]);
  for (const [what, document] of changed(whole[name])) {
    const [bySchema, byReader] = [fits(name, document), await isRead(name, text(name, document), folder)];
    if (bySchema !== byReader && !(bySchema && readerAlone.has(what)))
      wrong.push(`${what}: schema ${bySchema}, reader ${byReader}`);
  }
  expect(wrong).toEqual([]);
});

/** Which of the files an example is of, by what stands in it. */
function fileOf(document: unknown): HandWritten | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const keys = Object.keys(document).filter((key) => key !== '$schema');
  if (keys.includes('sets')) return 'tunnels';
  if (keys.includes('backends') || keys.includes('api_endpoint')) return 'config';
  const path = join(import.meta.dirname, '../../schemas/files/project.json');
  const { properties } = JSON.parse(readFileSync(path, 'utf8')) as { readonly properties: object };
  return keys.length > 0 && keys.every((key) => key in properties) ? 'project' : undefined;
}

test('what the manual and the READMEs show of these files is taken by schema and reader alike', async () => {
  const root = join(import.meta.dirname, '../../../..');
  const pages = [
    'README.md',
    ...['packages', 'apps'].flatMap((kind) => readdirSync(join(root, kind)).map((name) => `${kind}/${name}/README.md`)),
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ].filter((page) => existsSync(join(root, page)));
  const seen: string[] = [];
  for (const page of pages) {
    for (const [, example = ''] of readFileSync(join(root, page), 'utf8').matchAll(/^```yaml.*\n([^]*?)^```/gm)) {
      const document: unknown = parse(example);
      const name = fileOf(document);
      if (name === undefined) continue;
      seen.push(name);
      expect([page, example, fits(name, document), await isRead(name, example, folder)]).toEqual([
        page,
        example,
        true,
        true,
      ]);
    }
  }
  expect(seen.length).toBeGreaterThanOrEqual(8);
  expect(new Set(seen)).toEqual(new Set(['project', 'config', 'tunnels']));
});

function text(name: HandWritten, document: unknown): string {
  return name === 'sessions' ? JSON.stringify(document) : stringify(document);
}
