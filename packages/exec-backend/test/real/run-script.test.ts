import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeReal } from '../../../../test/support/counterparts.js';
import { scale } from '../../../../test/support/scale.js';
import { initScript, runScript } from '../../src/scripts/texts.js';
import { factsOf, readLog, ScriptTask, type ScriptPrograms } from '../support/script-task.js';

test('the scripts that travel in the code are the scripts in the folder', () => {
  for (const [name, text] of [
    ['init.sh', initScript],
    ['run.sh', runScript],
  ] as const) {
    expect(text).toBe(readFileSync(new URL(`../../src/scripts/${name}`, import.meta.url), 'utf8'));
  }
});

/** Resolves when a text stands in what a child wrote. */
function until(child: ChildProcess, text: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString('latin1');
      if (said.includes(text)) resolve();
    });
    child.once('close', () => reject(new Error(`${JSON.stringify(text)} never came: ${said}`)));
  });
}

async function rest(child: ChildProcess): Promise<{ readonly output: string; readonly code: number | null }> {
  let output = '';
  child.stdout?.on('data', (part: Buffer) => (output += part.toString('latin1')));
  const [code] = (await once(child, 'close')) as [number | null];
  return { output, code };
}

describeReal(['busybox', 'dash', 'git'], (path) => {
  const shells: readonly (readonly [string, ScriptPrograms['shell']])[] = [
    ['dash', [path('dash')]],
    ['busybox sh', [path('busybox'), 'sh']],
    ['bash as sh', ['bash', '--posix']],
  ];

  describe.each(shells)('run.sh under %s', (_name, shell) => {
    const programs = { shell, busybox: path('busybox') };

    async function ready(payload: Parameters<ScriptTask['init']>[0]): Promise<ScriptTask> {
      const task = await ScriptTask.make(programs);
      const { code, output } = await task.init(payload);
      expect({ code, output }).toMatchObject({ code: 0 });
      return task;
    }

    test('a command of any characters runs once and exactly, with the environment that was asked for', async () => {
      const env = {
        PLAIN: 'a',
        QUOTED: `it's "so" \\ \`echo no\` $(echo no) $HOME`,
        LINES: 'one\ntwo\n\n',
        TEXT: 'ümläut ✓ 😀 \u0001\t',
        EMPTY: '',
        PATH_LIKE: '/a:/b',
        dir: 'x',
        IFS: 'o',
      };
      const command = `set -f; count=0
for name in PLAIN QUOTED LINES TEXT EMPTY PATH_LIKE dir; do eval "printf '%s|' \\"\\$$name\\""; done
echo "$(echo once)" 'a  b' "it's" >&2; echo $((count += 1)) >> ran; exit 7`;
      await using task = await ready({ command, env });
      const { code, output } = await task.run();
      const { text, mark } = readLog(output);
      const wanted = `${[env.PLAIN, env.QUOTED, env.LINES, env.TEXT, '', env.PATH_LIKE, env.dir].join('|')}|once a  b it's\n`;
      expect({ code, text }).toEqual({ code: 7, text: wanted });
      expect(mark).toMatchObject({ ...factsOf(Buffer.from(wanted)), overdue: false });
      expect(task.file('workspace/ran')).toBe('1\n');
      // Nothing of a run's secrets stays on the disk that its command sees.
      expect(readdirSync(join(task.exec, 'once'))).toEqual([]);
    });

    test('an exact argument list arrives as it was, and in front of it the entry point of an image', async () => {
      const argv = ['%s\\n', '$(echo no)', 'it\'s "so"', 'line\nbreak\n', '', '*', '-n', '\\t', 'ümläut ✓'];
      const wanted = `${argv.slice(1).join('\n')}\n`;
      await using exact = await ready({ argv: ['printf', ...argv] });
      expect(readLog((await exact.run()).output).text).toBe(wanted);
      await using behind = await ready({ argv, entrypoint: 'image' });
      expect(readLog((await behind.run(['/usr/bin/env', 'printf'])).output).text).toBe(wanted);
      await using words = await ready({ command: `'%s,' "a b" c`, entrypoint: 'image' });
      expect(readLog((await words.run(['printf'])).output).text).toBe('a b,c,');
    });

    test('lines that a log driver would drop, cut or run together come back as they were', async () => {
      const long = 'é'.repeat(20_001);
      const pieces = [
        'first',
        '',
        '',
        long,
        'x\u001d',
        '\u001d',
        '\u001f',
        'a\u001f',
        '\u001e',
        'y\u001e',
        '\r',
        'no newline\u001e',
      ];
      const bytes = Buffer.from(pieces.join('\n'));
      await using task = await ready({ command: 'cat file' });
      writeFileSync(join(task.workspace, 'file'), bytes);
      const { output } = await task.run();
      for (const line of output.split('\n')) expect(Buffer.byteLength(line, 'latin1')).toBeLessThanOrEqual(16_001);
      expect(output).not.toContain('\n\n');
      const { text, mark, events } = readLog(output);
      expect(text).toBe(pieces.join('\n'));
      expect(mark).toMatchObject(factsOf(bytes));
      expect(events.at(-1)).toMatchObject({ partial: true });
    });

    test('nothing and very much are counted right', async () => {
      await using silent = await ready({ command: 'true' });
      expect(readLog((await silent.run()).output)).toMatchObject({ text: '', mark: factsOf(Buffer.alloc(0)) });
      const lines = scale(20_000, 500_000);
      await using loud = await ready({ command: `${path('busybox')} seq ${lines}; exit 3` });
      const { code, output } = await loud.run();
      const wanted = Array.from({ length: lines }, (_, index) => `${index + 1}\n`).join('');
      const { text, mark } = readLog(output);
      expect(text === wanted).toBe(true);
      expect({ code, mark }).toMatchObject({ code: 3, mark: factsOf(Buffer.from(wanted)) });
    });

    test.each(shell[0] === path('busybox') ? (['TERM', 'INT', 'HUP', 'QUIT'] as const) : (['INT'] as const))(
      '%s reaches all of the command, whose own end counts',
      async (signal) => {
        const command = `trap 'echo got it; exit 5' ${signal}; (trap 'echo child too; exit' ${signal}; echo below; while :; do sleep 0.1; done) & wait_for_child() { while :; do sleep 0.1; done; }; echo begun; wait_for_child`;
        await using task = await ready({ command });
        const child = task.start();
        await until(child, 'below');
        child.kill(`SIG${signal}`);
        const { code } = await rest(child);
        expect(code).toBe(5);
      },
    );

    test('a command that outlives its deadline gets TERM, then KILL, and the mark says so', async () => {
      await using deaf = await ready({
        command: `trap 'echo no' TERM; echo begun; while :; do sleep 0.1; done`,
        timeout_seconds: 1,
        grace_seconds: 1,
      });
      await using polite = await ready({
        command: `trap 'echo bye; exit 0' TERM; echo begun; while :; do sleep 0.1; done`,
        timeout_seconds: 1,
      });
      const [stubborn, obedient] = await Promise.all([deaf.run(), polite.run()]);
      expect(stubborn.code).toBe(124);
      expect(readLog(stubborn.output)).toMatchObject({ mark: { overdue: true } });
      expect(readLog(stubborn.output).text).toMatch(/^begun\n(?:Terminated\n)?no\n/);
      expect({ code: obedient.code, mark: readLog(obedient.output).mark }).toMatchObject({
        code: 124,
        mark: { overdue: true },
      });
      await using quick = await ready({ command: 'exit 124', timeout_seconds: 60 });
      expect(readLog((await quick.run()).output).mark.overdue).toBe(false);
    });

    test('what a command leaves behind ends with it', async () => {
      await using task = await ready({
        command: '(trap "" TERM HUP; sleep 600; echo never) & echo $! > left; echo done; exit 4',
      });
      const { code, output } = await task.run();
      expect({ code, text: readLog(output).text }).toEqual({ code: 4, text: 'done\n' });
      expect(existsSync(`/proc/${task.file('workspace/left').trim()}/cwd`)).toBe(false);
    });

    test('a program that the image lacks is named, and so is the image', async () => {
      await using task = await ready({ command: 'echo first && no-such-tool --version | cat; no-such-tool' });
      const { code, output } = await task.run();
      expect(code).toBe(127);
      expect(readLog(output).text).toContain('hawser: no-such-tool is not in the image registry.test/app:1');
      await using argv = await ready({ argv: ['no-such-program', 'echo'] });
      expect(readLog((await argv.run()).output).text).toContain('no-such-program is not in the image');
      await using locked = await ready({ argv: ['./file'] });
      writeFileSync(join(locked.workspace, 'file'), 'no program');
      const refused = await locked.run();
      expect(refused.code).toBe(126);
      expect(readLog(refused.output).text).toContain('./file cannot be run in the image');
    });
  });

  describeReal('bubblewrap', (real) => {
    test('an image without a shell, programs or root runs a command', async () => {
      await using task = await ScriptTask.make({ shell: [path('busybox'), 'sh'], busybox: path('busybox') });
      const { code } = await task.init({ command: 'echo "in $0"; exec /exec/bin/busybox id -u' });
      expect(code).toBe(0);
      // Where the task's volumes lie is written down by init.sh.
      writeFileSync(join(task.exec, 'once', 'workdir'), '/workspace');
      mkdirSync(join(task.folder, 'empty'));
      const child = spawn(
        real('bubblewrap'),
        ['--unshare-all', '--uid', '1234', '--gid', '1234', '--dev', '/dev', '--proc', '/proc'].concat(
          ['--bind', task.exec, '/exec', '--bind', task.workspace, '/workspace', '--clearenv', '--'],
          ['/exec/bin/busybox', 'sh', '/exec/run.sh'],
        ),
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const { output, code: ended } = await rest(child);
      expect({ ended, text: readLog(output).text }).toEqual({ ended: 0, text: 'in sh\n1234\n' });
    });
  });
});

describeReal('shellcheck', (path) => {
  test('shellcheck has nothing to say of the scripts', async () => {
    const folder = new URL('../../src/scripts/', import.meta.url).pathname;
    const child = spawn(path('shellcheck'), ['-s', 'sh', `${folder}init.sh`, `${folder}run.sh`]);
    expect(await rest(child)).toEqual({ output: '', code: 0 });
  });
});
