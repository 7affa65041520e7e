import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { holdersOf } from '../../src/runner/left-behind.js';

describeReal('bubblewrap', (path) => {
  test('a sandbox that has another terminal at the same path holds none of ours', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hawser-left-'));
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    for (const place of [ours, theirs]) {
      await mkdir(place);
      await writeFile(join(place, '0'), '');
    }
    const terminal = join(ours, '0');
    const holding = `exec 7<'${terminal}'; echo held; read end`;
    const started = [
      spawn('/bin/sh', ['-c', holding]),
      spawn(path('bubblewrap'), ['--bind', '/', '/', '--bind', theirs, ours, '/bin/sh', '-c', holding]),
    ];
    try {
      await Promise.all(started.map(({ stdout }) => once(stdout, 'data')));
      expect(holdersOf({ terminal, leader: -1, since: 0 })).toEqual([started[0]!.pid]);
    } finally {
      await Promise.all(
        started.map((child) => {
          child.stdin.end();
          return once(child, 'exit');
        }),
      );
      await rm(folder, { recursive: true });
    }
  });
});
