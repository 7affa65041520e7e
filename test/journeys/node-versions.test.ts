import { expect, test } from '@jest/globals';
import { describeReal } from '../support/counterparts.js';
import { runToEnd } from '../support/run-to-end.js';
import { hawser, membersOf, root } from '../support/workspace.js';

const doors = membersOf('packages').flatMap((member) => member.doors);
const programs = membersOf('apps').flatMap((member) => Object.values(member.programs));

/** The programs of this checkout under the other versions of Node that we promise. */
for (const version of ['node-22', 'node-24']) {
  describeReal(version, (path) => {
    const node = (...argv: string[]) => runToEnd(path(version), argv, { cwd: root });

    test('imports every export path of every package, without a word', async () => {
      // One process for all: the one that fails is the last that is named.
      const script = `for (const door of ${JSON.stringify(doors)}) { process.stdout.write(door + '\\n'); await import(door); }`;
      const ended = await node('--input-type=module', '--eval', script);
      expect(ended).toEqual({ code: 0, stdout: `${doors.join('\n')}\n`, stderr: '' });
    });

    test.each(programs)('%s says its version', async (program) => {
      const ended = await node(program, '--version');
      expect(ended).toEqual({ code: 0, stdout: expect.stringMatching(/\d+\.\d+\.\d+/), stderr: '' });
    });

    test('runs a command over the emulator and ends as the command did', async () => {
      const command = [hawser, 'ssm', 'run', 'i-0123456789abcdef0', '--', 'sh', '-c', 'echo out; exit 7'];
      const ended = await node(hawser, 'emulate', 'ssm', '--', path(version), ...command);
      expect(ended).toMatchObject({ code: 7, stdout: 'out\n' });
    });
  });
}
