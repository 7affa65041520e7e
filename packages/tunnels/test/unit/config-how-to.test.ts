import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadTunnels, pickSet } from '../../src/config/load.js';
import { allowedSshOptions } from '../../src/config/untrusted.js';

const guide = await readFile(join(import.meta.dirname, '../../../../docs/how-to/keep-tunnels-up.md'), 'utf8');

test('what the guide writes down is understood, and needs no trust', async () => {
  const [, text = ''] = /```yaml.*\n([^]*?)```/.exec(guide) ?? [];
  const folder = await mkdtemp(join(tmpdir(), 'hawser-how-to-'));
  try {
    await writeFile(join(folder, 'tunnels.yaml'), text);
    const loaded = await loadTunnels({ from: folder, env: {}, home: join(folder, 'home') });
    expect(loaded.sets.map(({ name }) => [name, pickSet(loaded, name).map((spec) => spec.name)])).toEqual([
      ['staging', ['prefect', 'marquez', 'db']],
      ['private', ['api']],
      ['cluster', ['web']],
    ]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the guide names the options of ssh that a project may set', () => {
  const [, list = ''] = /- options of ssh: ([^;]*);/.exec(guide) ?? [];
  const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name?.toLowerCase());
  expect(new Set(named)).toEqual(allowedSshOptions);
});
