import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { attach } from '@hawser/k8s-sessions/client';
import { nodeSockets } from '@hawser/k8s-sessions/client/node';
import { patient } from '../../../../test/support/patience.js';
import { Terminal } from '../../../../test/support/terminal.js';
import { bin, useHawser } from '../support/hawser.js';
import { expectSchema } from '../support/schema.js';

const hawser = useHawser();
const acts = ['reach', 'tunnel', 'run', 'session', 'ship'];

interface Played {
  readonly acts: readonly { readonly id: string; readonly proved: readonly string[]; readonly seconds: number }[];
  readonly seconds: number;
}

/** Processes that say in their words or their environment that they belong to a tour below this folder. */
function processesBelow(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const said = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1')).join('\0');
        return said.includes(`${folder}/hawser-tour-`);
      } catch {
        return false;
      }
    });
}

/** What a tour has left of itself. */
function leftOf(folder: string): { readonly folders: readonly string[]; readonly processes: readonly string[] } {
  return {
    folders: readdirSync(folder).filter((name) => name.startsWith('hawser-')),
    processes: process.platform === 'linux' ? processesBelow(folder) : [],
  };
}

const nothing = { folders: [], processes: [] };

/** A folder of its own, for everything that a tour might leave. */
function makeRoom(name: string): {
  readonly home: string;
  readonly temp: string;
  readonly env: Record<string, string>;
} {
  const home = join(hawser.home, name);
  const temp = join(home, 't');
  mkdirSync(temp, { recursive: true });
  return { home, temp, env: { HOME: home, TMPDIR: temp } };
}

describe('the tour', () => {
  test('proves all five acts, says how long each took, and leaves nothing behind', async () => {
    const { home, temp, env } = makeRoom('whole');
    const { json, stderr, exitCode } = await hawser.run(['tour', '--json'], { env });
    expect([exitCode, stderr]).toEqual([0, '']);
    const { data } = json as { readonly data: Played };
    expectSchema('tour', data);
    expect(data.acts.map(({ id }) => id)).toEqual(acts);
    expect(data.acts.flatMap(({ proved }) => proved)).toEqual([
      expect.stringMatching(/^A real shell on a terminal of i-\w+ answered: answer-42 from /),
      expect.stringMatching(/ended with its own exit code, 7, its stdout and stderr apart$/),
      expect.stringMatching(/sha256 [0-9a-f]{16}… at all three places$/),
      expect.stringMatching(/^http:\S+ is kept open by process \d+, and leads to port \d+/),
      expect.stringMatching(/^Its link was reset at \d+\.\d MiB of a download of 8\.0 MiB, and came back by itself$/),
      expect.stringMatching(/lost no byte: sha256 [0-9a-f]{16}… at both ends$/),
      expect.stringMatching(/^It ran in a clone of commit [0-9a-f]{12}: what lies uncommitted/),
      'It ended with its own exit code, 7',
      expect.stringMatching(/^Receipt 1 is signed, and holds for the log as it was read/),
      expect.stringMatching(/its page is http:\/\/127\.0\.0\.1:\d+\/ws\/[0-9a-f-]{36}$/),
      expect.stringMatching(/^Its connection was cut; what was typed meanwhile ran once, in the same shell/),
      expect.stringMatching(/^Attached to again, it showed the same from its first byte: sha256 [0-9a-f]{16}…$/),
      'It ended with the exit code of the shell, 5',
      expect.stringMatching(/^Planned: \d+ files for hawser\/tour_env, and nothing was touched$/),
      expect.stringMatching(/^Pushed: the Space runs, and git's id of its tree is the one that was computed/),
      'Pushed again: nothing differs, so no commit was made',
      'Pushed after one file had changed: one commit, of that file',
    ]);
    for (const { seconds } of [...data.acts, data]) expect(seconds).toBeGreaterThan(0);
    expect(leftOf(temp)).toEqual(nothing);
    // Nothing of the person's was touched either.
    expect(readdirSync(home)).toEqual(['t']);
  });

  test('people see what was proved as it is, and where to go on; one act plays alone', async () => {
    const { stdout, stderr, exitCode } = await hawser.run(['tour', 'ship']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^Act ship was proved in \d+\.\d s\.\n$/);
    expect(stderr).toMatch(/An environment on its Space …\n {2}✓ Planned: [^]*\d\.\d s · again: hawser tour ship\n$/);
    const unknown = await hawser.run(['tour', 'five']);
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining('reach')]);
  });

  test('an act that does not hold ends it with 1 and its name, after the others: HAWSER_TOUR_NOT_PROVED', async () => {
    const { home, temp, env } = makeRoom('broken');
    const git = join(home, 'git');
    writeFileSync(git, '#!/bin/sh\necho "git is broken" >&2\nexit 3\n');
    chmodSync(git, 0o755);
    const { json, exitCode } = await hawser.run(['tour', 'run', '--json'], {
      env: { ...env, PATH: `${home}:${process.env['PATH']}` },
    });
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      ok: false,
      error: {
        code: 'HAWSER_TOUR_NOT_PROVED',
        message: expect.stringContaining('git is broken'),
        hint: expect.stringContaining('hawser doctor'),
        details: { acts: 'run' },
      },
    });
    expect(leftOf(temp)).toEqual(nothing);
  });

  test('Ctrl-C in the middle of an act ends it with 130, and nothing of it is left', async () => {
    const { temp, env } = makeRoom('stopped');
    const { CI: _ci, ...inherited } = process.env;
    using terminal = new Terminal(process.execPath, [bin, 'tour', 'session', '--open'], {
      size: { columns: 200, rows: 50 },
      env: { ...inherited, ...env, PATH: `${withBrowser(temp)}:${inherited['PATH']}` },
    });
    await terminal.shows(/Type exit to go on with the tour/);
    if (process.platform === 'linux') expect(processesBelow(temp)).not.toEqual([]);
    terminal.type('\x03');
    expect(await terminal.exited).toMatchObject({ exitCode: 130 });
    expect(leftOf(temp)).toEqual(nothing);
  });

  test('--open opens the terminal page in a browser, where the person types, and goes on when it is left', async () => {
    const { home, temp, env } = makeRoom('opened');
    const tour = hawser.start(['tour', 'session', '--open'], {
      env: { ...env, PATH: `${withBrowser(home)}:${process.env['PATH']}` },
    });
    const [, link = ''] = await tour.until(/Opened (http:\S+)/, 'stderr');
    const { origin, pathname, hash } = new URL(link);
    await patient(
      (async () => {
        while (!existsSync(join(home, 'opened.txt'))) await new Promise((resolve) => setTimeout(resolve, 20));
      })(),
      () => 'No browser was opened.',
    );
    expect(readFileSync(join(home, 'opened.txt'), 'utf8').trim()).toBe(link);
    const view = await attach({
      url: origin,
      session: pathname.replace('/ws/', ''),
      ticket: hash.replace('#t=', ''),
      openSocket: nodeSockets(),
      onLease: ({ mine }) => (mine ? view.type('exit\n') : view.lease('take')),
    });
    const { exitCode, stderr } = await tour.ended;
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('It was left in the browser')]);
    await view.ended;
    expect(leftOf(temp)).toEqual(nothing);
  });
});

/** A folder with a browser that notes the address it is given. */
function withBrowser(folder: string): string {
  const bins = join(folder, 'browser');
  mkdirSync(bins);
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(bins, name), `#!/bin/sh\necho "$1" >'${folder}/opened.txt'\n`);
    chmodSync(join(bins, name), 0o755);
  }
  return bins;
}
