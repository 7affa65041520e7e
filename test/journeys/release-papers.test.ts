import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { runToEnd } from '../support/run-to-end.js';
import { membersOf, root } from '../support/workspace.js';

interface Bom {
  readonly metadata: { readonly component: { readonly name: string; readonly 'bom-ref': string } };
  readonly components: readonly { readonly 'bom-ref': string; readonly licenses: readonly unknown[] }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const inventory = join(root, 'scripts/inventory.mjs');
const published = [...membersOf('packages'), ...membersOf('apps')];

describe('the bill of materials', () => {
  let validate: ValidateFunction;
  let sbom: (name: string) => Bom;

  beforeAll(async () => {
    ({ sbom } = (await import(inventory)) as { sbom: typeof sbom });
    const resolve = createRequire(join(root, 'package.json')).resolve;
    const library = resolve('@cyclonedx/cyclonedx-library/package.json');
    const schema = (name: string): object =>
      JSON.parse(readFileSync(join(library, `../res/schema/${name}.SNAPSHOT.schema.json`), 'utf8')) as object;
    // By the names under which the schema looks for them.
    const names = ['spdx', 'jsf-0.82', 'cryptography-defs'];
    const others = names.map((name) => [`http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`, schema(name)]);
    // Formats such as `idn-email` are no part of Ajv, and nothing here has one.
    const options = { strict: false, validateFormats: false, unicodeRegExp: false, logger: false } as const;
    const ajv = new Ajv({ ...options, schemas: Object.fromEntries(others) as Record<string, object> });
    validate = ajv.compile(schema('bom-1.6'));
  });

  test.each(published)('of $name is CycloneDX 1.6, whole, and the same each time', ({ name }) => {
    const bom = sbom(name);
    expect({ valid: validate(bom), errors: validate.errors }).toEqual({ valid: true, errors: null });
    expect(JSON.stringify(sbom(name))).toBe(JSON.stringify(bom));
    const refs = [bom.metadata.component['bom-ref'], ...bom.components.map((component) => component['bom-ref'])];
    expect(new Set(refs).size).toBe(refs.length);
    expect(bom.dependencies.map(({ ref }) => ref).toSorted()).toEqual(refs.toSorted());
    for (const { dependsOn } of bom.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
  });

  test('names what is bundled, and the part for every platform', () => {
    const refs = sbom('@hawser/cli').components.map((component) => component['bom-ref']);
    expect(refs).toContainEqual(expect.stringMatching(/^pkg:npm\/%40aws-sdk\/client-ssm@/));
    expect(refs).toContainEqual(expect.stringMatching(/^pkg:npm\/%40libsql\/darwin-arm64@/));
    expect(refs).toContainEqual(expect.stringMatching(/^pkg:npm\/%40hawser\/tunnels@/));
  });
});

test('the list of licences is of what is installed, and every one was agreed to', async () => {
  expect(await runToEnd(process.execPath, [inventory, 'licences'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('every published package has a budget, and what is over it is named', async () => {
  const { overBudget } = (await import(join(root, 'scripts/sizes.mjs'))) as {
    readonly overBudget: (sizes: readonly { name: string; unpackedKib: number; all: number }[]) => string[];
  };
  const sizes = (unpackedKib: number, all: number) => published.map(({ name }) => ({ name, unpackedKib, all }));
  expect(overBudget(sizes(1, 0))).toEqual([]);
  expect(overBudget(sizes(1e6, 1e6))).toHaveLength(published.length * 2);
  expect(overBudget([{ name: '@hawser/new', unpackedKib: 1, all: 0 }])).toEqual([
    '@hawser/new has no budget in bench/size/budget.json',
  ]);
});

describe('the workflow of a release', () => {
  const { permissions, jobs } = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8')) as {
    permissions: Record<string, string>;
    jobs: Record<string, Job>;
  };

  interface Job {
    readonly permissions: Record<string, string>;
    readonly environment: string;
    readonly steps: readonly {
      readonly uses?: string;
      readonly run?: string;
      readonly with?: Record<string, string>;
    }[];
  }

  test('gets an identity to sign provenance with, holds no token of a registry, and gives nothing to other jobs', () => {
    const text = readFileSync(join(root, '.github/workflows/release.yml'), 'utf8');
    expect(permissions).toEqual({});
    expect(Object.keys(jobs)).toEqual(['release']);
    expect(jobs['release']).toMatchObject({ environment: 'release', permissions: { 'id-token': 'write' } });
    expect(text.match(/secrets\.\w+/g)).toEqual(['secrets.GITHUB_TOKEN']);
  });

  test('checks and tests before it publishes, and publishes by the scripts that are here', async () => {
    const lines = jobs['release']?.steps.map(({ run, uses, with: inputs }) => inputs?.['publish'] ?? run ?? uses) ?? [];
    const [tested, publishes] = [lines.indexOf('.ci/run'), lines.indexOf('node scripts/release.mjs publish')];
    expect(tested).toBeGreaterThan(-1);
    expect(publishes).toBeGreaterThan(tested);
    const unknown = await runToEnd(process.execPath, [join(root, 'scripts/release.mjs'), 'shout']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage: .*version \| publish/) });
  });
});
