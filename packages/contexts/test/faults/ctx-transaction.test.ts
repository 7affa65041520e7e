import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { contextsDocument } from '@hawser/contexts';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { runToEnd, type Ended } from '../../../../test/support/run-to-end.js';
import { scale } from '../../../../test/support/scale.js';
import { CtxPlace } from '../support/ctx-place.js';

const program = join(import.meta.dirname, '../support/programs/ctx-init.mjs');
const shims = join(import.meta.dirname, '../../../state-store/test/support');
const PROFILES = '# mine\nactive = "cloud"\n';
const KUBECONFIG = '# mine\napiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n';

function init(at: CtxPlace, name: string, shim?: string, env: Record<string, string> = {}): Promise<Ended> {
  const loader = shim === undefined ? [] : ['--import', join(shims, shim)];
  return runToEnd(process.execPath, [...loader, program, at.folder, name], { env: { ...process.env, ...env } });
}

function placeWithBoth(): CtxPlace {
  const at = new CtxPlace();
  at.write(at.profiles, PROFILES);
  at.write(at.kubeconfig, KUBECONFIG);
  return at;
}

/** Which of the three know the context. */
async function knowing(at: CtxPlace, name: string): Promise<boolean[]> {
  const { data } = await at.store.document(contextsDocument).read();
  const { contexts } = parse(at.read(at.kubeconfig)) as { contexts: { name: string }[] };
  return [
    data.contexts[name] !== undefined,
    contexts.some((entry) => entry.name === name),
    at.read(at.profiles).includes(`[profiles.${name}]`),
  ];
}

/** Beside the files themselves nothing is left but the copies of the day. */
function leftovers(at: CtxPlace): string[] {
  const folders = [join(at.home, '.prefect'), join(at.home, '.kube'), join(at.project, '.hawser')];
  const all = folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  return all.filter((entry) => entry.endsWith('.tmp') || entry.endsWith('.lock') || entry.endsWith('.making'));
}

describe('a context is made in all files or in none', () => {
  test('whenever the process is killed: the next call finishes it, or finds nothing begun', async () => {
    const seen = new Set<string>();
    // Drawn anew for each run, but for the stride; said with every failure.
    const stride = scale(41, 1);
    for (let at = 1 + Math.floor(Math.random() * stride); ; at += stride) {
      const place = placeWithBoth();
      const { code, stdout } = await init(place, 'one', 'kill-at.mjs', { KILL_AT: String(at) });
      // What the dead one began is finished, or swept, by whoever comes by.
      await place.init({ name: 'two', prefect: { profile: 'two', apiUrl: 'http://127.0.0.1:4200/api' } });
      const [first, ...others] = await knowing(place, 'one');
      expect([`killed at call ${at}`, others]).toEqual([`killed at call ${at}`, [first, first]]);
      expect([`killed at call ${at}`, await knowing(place, 'two')]).toEqual([
        `killed at call ${at}`,
        [true, true, true],
      ]);
      expect([`killed at call ${at}`, leftovers(place)]).toEqual([`killed at call ${at}`, []]);
      for (const [path, text] of [
        [place.profiles, '# mine\n'],
        [place.kubeconfig, '# mine\napiVersion: v1\n'],
      ] as const) {
        expect(place.read(path)).toContain(text);
      }
      seen.add(String(first));
      if (code === 0 && stdout.includes('"ok":true')) break;
    }
    expect([...seen]).toContain('true');
  });

  test('when the disk is full: all is as it was, and said', async () => {
    const outcomes = new Set<string>();
    const stride = scale(4_100, 41);
    for (let budget = Math.floor(Math.random() * 200); ; budget += stride) {
      const place = placeWithBoth();
      const { stdout } = await init(place, 'one', 'disk-budget.mjs', { DISK_BUDGET: String(budget) });
      const answer = JSON.parse(stdout) as { readonly ok: boolean; readonly code?: string };
      outcomes.add(answer.code ?? 'done');
      expect([budget, await knowing(place, 'one')]).toEqual([budget, [answer.ok, answer.ok, answer.ok]]);
      expect([budget, leftovers(place)]).toEqual([budget, []]);
      if (answer.ok) break;
      expect([budget, place.read(place.profiles), place.read(place.kubeconfig)]).toEqual([
        budget,
        PROFILES,
        KUBECONFIG,
      ]);
    }
    expect([...outcomes]).toEqual(['HAWSER_STATE_DISK_FULL', 'done']);
  });

  test('by four processes at once: none is lost', async () => {
    const place = placeWithBoth();
    const names = ['one', 'two', 'three', 'four'];
    const ends = await Promise.all(names.map((name) => init(place, name)));
    expect(ends.map(({ code, stdout }) => [code, stdout.includes('"ok":true')])).toEqual(names.map(() => [0, true]));
    for (const name of names) expect([name, await knowing(place, name)]).toEqual([name, [true, true, true]]);
    expect(leftovers(place)).toEqual([]);
    for (const name of names) await place.remove(name);
    expect([place.read(place.profiles), place.read(place.kubeconfig)]).toEqual([PROFILES, KUBECONFIG]);
  });

  test('when a file was changed since the plan was shown: it is looked at again', async () => {
    const place = placeWithBoth();
    const plan = await place.plan();
    place.write(place.kubeconfig, KUBECONFIG.replace('# mine', '# changed'));
    await place.apply(plan);
    expect(place.read(place.kubeconfig)).toMatch(/^# changed\n/);
    expect(await knowing(place, 'staging')).toEqual([true, true, false]);
    place.write(place.profiles, PROFILES);
    const again = await place.plan({ prefect: { profile: 'staging', apiUrl: 'http://127.0.0.1:4200/api' } });
    place.write(place.profiles, `${PROFILES}\n[profiles.staging]\nPREFECT_API_URL = "http://elsewhere/api"\n`);
    await expect(place.apply(again)).rejects.toMatchObject({ code: 'HAWSER_CTX_EXISTS' });
  });

  test('in a kubeconfig of several megabytes', async () => {
    const place = placeWithBoth();
    const count = scale(150, 2_500);
    const items = Array.from(
      { length: count },
      (_, index) =>
        `- name: c${index}\n  cluster:\n    server: https://c${index}\n    certificate-authority-data: ${'A'.repeat(1_900)}\n`,
    );
    const text = KUBECONFIG.replace('clusters: []\n', `clusters:\n${items.join('')}`);
    place.write(place.kubeconfig, text);
    await place.init({ switches: false });
    expect(place.read(place.kubeconfig)).toContain('- name: staging\n');
    await place.remove();
    expect(place.read(place.kubeconfig) === text).toBe(true);
  });
});
