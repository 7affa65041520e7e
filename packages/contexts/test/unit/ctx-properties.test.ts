import fc from 'fast-check';
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { describe, expect, test } from '@jest/globals';
import { kubeEntries, serves } from '../../src/kubeconfig/entries.js';
import type { ContextsData } from '../../src/plan/contexts-document.js';
import type { PlannedFile } from '../../src/plan/edit.js';
import { initIntent, type InitTargets } from '../../src/plan/init-intent.js';
import { removeIntent } from '../../src/plan/other-intents.js';
import { settleOn } from '../../src/plan/plan.js';
import { scale } from '../../../../test/support/scale.js';
import { cluster, token } from '../support/ctx-place.js';

const FILES = { profiles: '/p/profiles.toml', kubeconfig: '/k/config' };
const now = new Date('2026-01-02T03:04:05.000Z');

/** Init and remove on texts alone: what is in the files in between and afterwards. */
async function thereAndBack(
  profile: string,
  texts: ReadonlyMap<string, string | undefined>,
): Promise<{ readonly between: ReadonlyMap<string, string>; readonly after: ReadonlyMap<string, string> }> {
  const facts = cluster('mine');
  const targets: InitTargets = {
    context: 'ours',
    prefect: { profile, apiUrl: 'http://127.0.0.1:4200/api', file: FILES.profiles },
    kubernetes: {
      context: 'ours',
      cluster: facts.name,
      files: [FILES.kubeconfig],
      entries: kubeEntries({ facts, context: 'ours', token, namespace: 'web' }),
    },
    switches: true,
    overwrite: false,
    claimed: [],
  };
  const made = await settleOn(initIntent(targets, undefined), {
    texts,
    data: { contexts: {} },
    problems: new Map(),
    now,
  });
  const between = new Map(made.sheets.map(({ path, after }) => [path, after]));
  const { data }: { readonly data: ContextsData } = made.settled;
  const intent = removeIntent('ours', data.contexts['ours']!, { kubeconfigs: [FILES.kubeconfig], overwrite: false });
  const gone = await settleOn(intent, { texts: between, data, problems: new Map(), now });
  const files: readonly PlannedFile[] = intent.files;
  expect(files).toHaveLength(2);
  return { between, after: new Map(gone.sheets.map(({ path, after }) => [path, after])) };
}

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const anyText = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => !/[\p{Cc}\p{Cs}\p{Cn}\ufeff]/u.test(text));
const comment = fc.option(
  word.map((text) => `# ${text}`),
  { nil: '' },
);

/** A profiles file as people and Prefect leave them: comments, empty lines, names that need quotes, unknown keys. */
const profilesText = fc
  .record({
    head: comment,
    active: fc.option(word, { nil: undefined }),
    profiles: fc.uniqueArray(
      fc.record({
        name: fc.oneof(
          word,
          anyText.filter((text) => text.trim() !== ''),
        ),
        keys: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[A-Z][A-Z_]{0,9}$/), anyText, comment), {
          selector: ([key]) => key,
          maxLength: 3,
        }),
        gap: fc.constantFrom('\n', ''),
      }),
      { selector: ({ name }) => name, maxLength: 4 },
    ),
    tail: comment,
  })
  .map(({ head, active, profiles, tail }) => {
    const tables = profiles.map(({ name, keys, gap }) => {
      const lines = keys.map(([key, value, note]) => `${key} = ${JSON.stringify(value)} ${note}\n`);
      return `${gap}[profiles.${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}]\n${lines.join('')}`;
    });
    return `${head}\n${active === undefined ? '' : `active = "${active}"\n`}${tables.join('')}${tail === '' ? '' : `${tail}\n`}`;
  });

/** A kubeconfig with lists in block and flow style, comments anywhere, and keys nobody knows. */
const kubeconfigText = fc
  .record({
    lists: fc.tuple(
      fc.uniqueArray(word, { maxLength: 3 }),
      fc.uniqueArray(word, { maxLength: 3 }),
      fc.uniqueArray(word, { maxLength: 3 }),
    ),
    indent: fc.constantFrom('', '  '),
    note: comment,
    current: fc.option(word, { nil: undefined }),
    unknown: fc.boolean(),
  })
  .map(({ lists, indent, note, current, unknown }) => {
    const list = (key: string, inner: string, names: readonly string[]): string =>
      names.length === 0
        ? `${key}: [] ${note}\n`
        : `${key}:\n${names.map((name) => `${indent}- name: ${name} ${note}\n${indent}  ${inner}: {a: "${name}"}\n`).join('')}`;
    return [
      `${note}\napiVersion: v1\nkind: Config\n`,
      list('clusters', 'cluster', lists[0]),
      unknown ? `x-unknown:\n  deep: [1, two]\n` : '',
      list('contexts', 'context', lists[1]),
      current === undefined ? '' : `current-context: ${current} ${note}\n`,
      list('users', 'user', lists[2]),
    ].join('');
  });

describe('whatever is in the files', () => {
  test('init keeps it, and remove gives back the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(profilesText, kubeconfigText, word, async (profiles, kubeconfig, name) => {
        const profile = `${name} ours`;
        fc.pre(!profiles.includes(profile));
        const texts = new Map([
          [FILES.profiles, profiles],
          [FILES.kubeconfig, kubeconfig],
        ]);
        const { between, after: back } = await thereAndBack(profile, texts);
        const toml = parseToml(between.get(FILES.profiles) ?? '') as unknown as {
          profiles: Record<string, unknown>;
          active: string;
        };
        const old = parseToml(profiles) as unknown as { profiles?: Record<string, unknown> };
        expect(toml.profiles).toEqual({ ...old.profiles, [profile]: { PREFECT_API_URL: 'http://127.0.0.1:4200/api' } });
        expect(toml.active).toBe(profile);
        const lost = (before: string, after: string): string[] =>
          before
            .split('\n')
            .filter((line) => !/^(?:active|current-context|\w+: \[\])/.test(line) && !after.split('\n').includes(line));
        expect(lost(profiles, between.get(FILES.profiles) ?? '')).toEqual([]);
        expect(lost(kubeconfig, between.get(FILES.kubeconfig) ?? '')).toEqual([]);
        expect(back.get(FILES.profiles)?.trimEnd()).toBe(withoutDangling(profiles, 'active').trimEnd());
        expect(parseYaml(back.get(FILES.kubeconfig) ?? '')).toEqual(
          parseYaml(withoutDangling(kubeconfig, 'current-context')),
        );
      }),
      { numRuns: scale(60, 3_000) },
    );
  });

  test('what serves is what says at least the same', () => {
    const { context } = kubeEntries({ facts: cluster(), context: 'c', token, namespace: 'web' });
    const inner = context.value['context'] as Record<string, unknown>;
    expect(serves(context)({ ...context.value, extra: 1, context: { ...inner, extensions: [] } })).toBe(true);
    expect(serves(context)({ ...context.value, context: { ...inner, namespace: 'other' } })).toBe(false);
    expect(serves(context)('text')).toBe(false);
  });
});

/** A choice that led nowhere already cannot come back: Prefect gets none, kubectl an empty one. */
function withoutDangling(text: string, key: 'active' | 'current-context'): string {
  if (key === 'active') {
    const toml = parseToml(text) as { active?: string; profiles?: Record<string, unknown> };
    const leads =
      toml.active === undefined ||
      ['ephemeral', 'local', 'cloud', 'test', ...Object.keys(toml.profiles ?? {})].includes(toml.active);
    return leads ? text : text.replace(/^active = .*\n/m, '');
  }
  const yaml = parseYaml(text) as { 'current-context'?: string; contexts?: { name: string }[] };
  const current = yaml['current-context'];
  const leads = current === undefined || (yaml.contexts ?? []).some(({ name }) => name === current);
  return leads ? text : text.replace(/^current-context: .*$/m, 'current-context: ""');
}
