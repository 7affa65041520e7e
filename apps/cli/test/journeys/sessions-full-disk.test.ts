import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { endRuns } from '../../../../test/support/end-runs.js';
import { gone, patient } from '../../../../test/support/patience.js';
import { useHawser } from '../support/hawser.js';

const hawser = useHawser();

test('run on a full disk says once why it stands still, where, and what to do, and goes on when there is room', async () => {
  const data = join(hawser.home, 'small');
  mkdirSync(data);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'none', data], { stdio: 'ignore' }).status !== 0) {
    process.stderr.write('NOT RUN on a full disk: mounting a tmpfs needs root.\n');
    return;
  }
  const service = join(data, 'hawser/sessions/door/service.json');
  try {
    const ballast = join(data, 'ballast');
    writeFileSync(ballast, Buffer.alloc(28 << 20, 1));
    const run = hawser.start(['sessions', 'run', 'head -c 3600000 /dev/urandom | base64 -w 0; exit 3'], {
      env: { XDG_DATA_HOME: data },
    });
    await run.until(/The log of the session cannot be written/, 'stderr');
    rmSync(ballast);
    const { stdout, stderr, exitCode } = await run.ended;
    expect([stdout.length, exitCode]).toEqual([4_800_000, 3]);
    const said = stderr.split('\n').filter((line) => line.includes('log of the session'));
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(
          `^The log of the session cannot be written: the disk of ${data}/\\S+/log is full \\(ENOSPC\\)\\. ` +
            'The command is held\\. Make room there, and it goes on\\.$',
        ),
      ),
      'The log of the session is being written again.',
    ]);
  } finally {
    const { pid } = JSON.parse(readFileSync(service, 'utf8')) as { readonly pid: number };
    process.kill(pid, 'SIGTERM');
    await patient(gone(pid), () => `The service of the test, ${pid}, does not end.`);
    endRuns(join(data, 'hawser/sessions'));
    execFileSync('umount', ['-l', data]);
  }
});
