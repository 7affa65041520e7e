import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Complaint } from '../../src/config/complaint.js';
import { loadTunnels } from '../../src/config/load.js';
import { tunnelsSchema } from '../../src/config/schema.js';
import { TunnelsError } from '../../src/errors.js';
import { scale } from '../../../../test/support/scale.js';

const packageRoot = join(import.meta.dirname, '../..');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hawser-config-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** Loads a text; what it complains of, or nothing. Any other error is thrown on. */
async function complaintsOf(text: string): Promise<readonly Complaint[] | undefined> {
  await writeFile(join(folder, 'tunnels.yaml'), text);
  try {
    const { sets } = await loadTunnels({ from: folder, env: {}, home: join(folder, 'home') });
    return sets.some(({ untrusted }) => untrusted.length > 0) ? [] : undefined;
  } catch (error) {
    if (!(error instanceof TunnelsError)) throw error;
    expect(error.code).toBe('HAWSER_NET_CONFIG_INVALID');
    return error.details?.['complaints'] as unknown as readonly Complaint[];
  }
}

/** Words of the language, so that what is made of them is nearly right. */
const words =
  'sets via kind ssh ssm kube chain hops host tunnels to local port probe http env ttl 12h db:5432 [::1]:80 unix:/x __proto__ constructor toString x-a options target tag direct /api {addr} -oProxyCommand=x lazy';
const word = fc.constantFrom('', ...words.split(' '));
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 7 },
    word,
    fc.constantFrom(0, 1, 4200, 70_000, -1, 1.5, true, false, null),
    fc.string(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(word, tie('any'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).any;

describe('whatever stands in a file', () => {
  test('it is understood or complained of, at a place that the file has', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc
            .array(
              fc.oneof(
                word,
                fc.constantFrom(': ', '\n', '\n  ', '- ', '{', '}', '[', ']', ', ', '&a ', '*a', '"', '|', '? '),
              ),
              { maxLength: 40 },
            )
            .map((parts) => parts.join('')),
          value.map((each) => stringify({ sets: each })),
          value.map((each) => stringify({ sets: { s: { via: 'direct', tunnels: { t: each } } } })),
          value.map((each) => stringify({ sets: { s: { via: each, tunnels: { t: { to: 'x:1' } } } } })),
        ),
        async (text) => {
          const lines = text.split(/\r\n|[\r\n]/);
          for (const { line, column, file } of (await complaintsOf(text)) ?? []) {
            expect(file).toBe('tunnels.yaml');
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines.length);
            expect(column).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: scale(120, 5000) },
    );
  });

  test('and complaints stand where the wrong value stands, whatever is around it', async () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
    const good = fc.record({ to: fc.constant('db:5432') });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, good, { minKeys: 1, maxKeys: 6, noNullPrototype: true }),
        fc.nat(),
        async (tunnels, pick) => {
          const names = Object.keys(tunnels);
          const chosen = names[pick % names.length] ?? '';
          const wrong = { ...tunnels, [chosen]: { to: 'db:5432', local: 70_000 } };
          const text = stringify({ sets: { s: { via: 'direct', tunnels: wrong } } });
          const line = text.split('\n').findIndex((each) => each.includes('70000')) + 1;
          expect(await complaintsOf(text)).toMatchObject([
            { line, message: expect.stringContaining(`tunnels.${chosen}.local`) },
          ]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('the schema', () => {
  test('is shipped for editors as it is used', () => {
    const shipped = JSON.parse(readFileSync(join(packageRoot, 'schemas/tunnels.schema.json'), 'utf8')) as object;
    expect(shipped).toEqual(JSON.parse(JSON.stringify(tunnelsSchema)));
  });

  test('is compiled as it is written', () => {
    const made = execFileSync(process.execPath, [join(packageRoot, 'compile-schemas.mjs'), '--print'], {
      encoding: 'utf8',
    });
    expect(readFileSync(join(packageRoot, 'src/config/compiled.generated.ts'), 'utf8')).toBe(made);
  });

  test('is a schema of draft 2020-12 that an editor takes as it is', () => {
    const ajv = new Ajv2020({ strict: false });
    expect(ajv.validateSchema(tunnelsSchema)).toBe(true);
    expect(tunnelsSchema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: expect.stringMatching(/^https:/),
    });
  });
});
