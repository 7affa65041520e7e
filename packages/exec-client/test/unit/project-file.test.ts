import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { secondsOf } from '../../src/config/duration.js';
import { findProjectFile } from '../../src/config/find-project-file.js';
import { projectFileKeys, readProjectFile, type ProjectFile } from '../../src/config/project-file.js';
import { looksSecret } from '../../src/config/secret-looks.js';
import { Scratch } from '../support/work-tree.js';

async function read(text: string, name = '.hawser.yaml'): Promise<ProjectFile | undefined> {
  using scratch = new Scratch();
  writeFileSync(scratch.in(name), text);
  return await readProjectFile(scratch.path);
}

const seed = `# Repository to clone (required if not using --repo flag)
repo: https://github.com/mycompany/infrastructure
branch: main
image: hashicorp/terraform:1.6
env:
  TF_VAR_environment: production
  TF_VAR_version: 1.10
  TF_VAR_debug: False
timeout: 3600
`;

describe('the file of a project', () => {
  test('is the design document’s, by both names', async () => {
    const request = {
      repo: 'https://github.com/mycompany/infrastructure',
      branch: 'main',
      image: 'hashicorp/terraform:1.6',
      env: { TF_VAR_environment: 'production', TF_VAR_version: '1.10', TF_VAR_debug: 'False' },
      timeout_seconds: 3600,
    };
    expect(await read(seed)).toMatchObject({ name: '.hawser.yaml', request, notes: [], warnings: [] });
    expect(await read(seed, '.mycli.yaml')).toMatchObject({
      name: '.mycli.yaml',
      request,
      notes: ['.mycli.yaml is read; its name is .hawser.yaml now.'],
    });
    expect((await read('repo: git@example.com:a/b\n'))?.request).toEqual({ repo: 'git@example.com:a/b' });
    expect((await read(''))?.request).toEqual({});
  });

  test('says everything else that a run can be told', async () => {
    const file = await read(`
backend: prod
secrets: { TOKEN: team/token }
lock: "\${repo}#\${path}"
lock_policy: fail
lock_timeout: 1h30m
labels: { team: 7 }
workdir: envs/prod
entrypoint: image
cpu: 1024
memory: 2048
role: arn:aws:iam::123456789012:role/deploy
notify: [{ url: https://hooks.example.com, on: [failed] }]
attachable: true
detach: true
auto_lock: warn
grace: 30s
`);
    expect(file).toMatchObject({ backend: 'prod', detach: true, autoLock: 'warn' });
    expect(file?.request).toEqual({
      secrets: { TOKEN: 'team/token' },
      lock: '${repo}#${path}',
      lock_policy: 'fail',
      lock_timeout_seconds: 5400,
      labels: { team: '7' },
      workdir: 'envs/prod',
      entrypoint: 'image',
      cpu: 1024,
      memory: 2048,
      role: 'arn:aws:iam::123456789012:role/deploy',
      notify: [{ url: 'https://hooks.example.com', on: ['failed'] }],
      attachable: true,
      grace_seconds: 30,
    });
    expect((await read('auto_lock: off\n'))?.autoLock).toBe('off');
    expect((await read('auto_lock: true\n'))?.autoLock).toBe('on');
    expect((await read('backend: local\n'))?.backend).toBe('local');
  });

  test.each([
    ['brnach: main', 1, 'brnach is not known. Did you mean branch?'],
    ['repo: https://x.example/y\n\nlocks: prod', 3, 'locks is not known. Did you mean lock?'],
    ['zzzzzzzz: 1', 1, `zzzzzzzz is not known. Known are ${projectFileKeys.join(', ')}.`],
    ['repo: https://me:planted@github.com/a', 1, 'repo must not carry credentials'],
    ['env:\n  A: x\n  1B: y', 3, 'env.1B is no name of a variable'],
    ['env:\n  HAWSER_X: y', 2, 'env.HAWSER_X is reserved'],
    ['env: [a]', 1, 'env must be an object of text'],
    ['env:\n  A:', 2, 'env.A must be text'],
    ['branch: -x', 1, 'branch must not begin with -'],
    ['branch:', 1, 'branch has no value.'],
    ['timeout: soon', 1, 'timeout must be a number of seconds, or a time like 30m or 1h30m.'],
    ['timeout: 0', 1, 'timeout must be a whole number from 1'],
    ['repo: x://y\n', 1, 'repo is no address'],
    ['notify:\n  - url: https://a.example\n  - url: http://b.example', 3, 'notify[1].url must be an https URL'],
    ['workdir: ../x', 1, 'workdir must not leave the repository'],
    ['lock_policy: steal', 1, 'lock_policy must be one of fail, wait, replace'],
    ['cpu: 256\nmemory: 8192', 2, 'memory of 8192 MiB cannot go with 256'],
    ['auto_lock: maybe', 1, 'auto_lock must be on, warn or off.'],
    ['detach: 1', 1, 'detach must be true or false.'],
    ['backend: 1', 1, 'backend must be the name of a backend.'],
    ['a: [', 1, ''],
    ['repo: a\nrepo: b', 2, 'Map keys must be unique'],
    ['- repo', 1, 'the file must be a map of names.'],
    [`a: ${'x'.repeat(300_000)}`, 1, 'the file is larger than 256 KiB.'],
    [
      'a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]',
      1,
      'Excessive alias count',
    ],
  ])('is refused at its line: %j', async (text, line, message) => {
    const error = await read(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'HAWSER_EXEC_CONFIG_INVALID',
      exitCode: 2,
      details: { file: '.hawser.yaml', line },
    });
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('planted');
  });

  test('is warned of where it seems to hold a secret, which is not repeated', async () => {
    const file = await read(
      'env:\n  REGION: eu\n  DB_PASSWORD: planted-secret\n  OTHER: ghp_0123456789abcdefghij0123\n',
    );
    expect(file?.warnings).toHaveLength(2);
    expect(file?.warnings[0]).toMatch(/^\.hawser\.yaml:3: DB_PASSWORD looks like a secret/);
    expect(JSON.stringify(file?.warnings)).not.toMatch(/planted|ghp_/);
  });

  test('is the nearest one up to the top of the repository, and none above', async () => {
    using scratch = new Scratch();
    mkdirSync(scratch.in('repo/.git'), { recursive: true });
    mkdirSync(scratch.in('repo/a/b'), { recursive: true });
    writeFileSync(scratch.in('.hawser.yaml'), 'branch: above\n');
    expect(findProjectFile(scratch.in('repo/a/b'))).toBeUndefined();
    expect(await readProjectFile(scratch.in('repo'))).toBeUndefined();
    writeFileSync(scratch.in('repo/.hawser.yaml'), 'branch: top\n');
    expect(findProjectFile(scratch.in('repo/a/b'))?.path).toBe(scratch.in('repo/.hawser.yaml'));
    writeFileSync(scratch.in('repo/a/.mycli.yaml'), 'branch: a\n');
    expect(findProjectFile(scratch.in('repo/a/b'))?.path).toBe(scratch.in('repo/a/.mycli.yaml'));
    writeFileSync(scratch.in('repo/a/.hawser.yaml'), 'branch: a\n');
    expect((await readProjectFile(scratch.in('repo/a/b')))?.notes).toEqual([
      '.mycli.yaml is not read, because .hawser.yaml is beside it.',
    ]);
    // Outside of a repository only the folder itself counts.
    mkdirSync(scratch.in('plain'));
    expect(findProjectFile(scratch.in('plain'))).toBeUndefined();
    expect(findProjectFile(scratch.path)?.path).toBe(scratch.in('.hawser.yaml'));
    mkdirSync(scratch.in('dir/.hawser.yaml'), { recursive: true });
    await expect(readProjectFile(scratch.in('dir'))).rejects.toMatchObject({ code: 'HAWSER_EXEC_CONFIG_INVALID' });
  });
});

test.each([
  [90, 90],
  ['90', 90],
  ['90s', 90],
  ['30m', 1800],
  ['1h30m', 5400],
  ['1d', 86_400],
  ['1.5h', undefined],
  ['', undefined],
  ['-1', undefined],
  [true, undefined],
])('%j is %j seconds', (value, seconds) => expect(secondsOf(value)).toBe(seconds));

test.each([
  ['API_KEY', 'abcdefgh', true],
  ['GITHUB_TOKEN', 'abcdefgh', true],
  ['X', 'AKIA0123456789ABCDEF', true],
  ['DATABASE_URL', 'postgres://u:p4ssword@db/x', true],
  ['KEY', '-----BEGIN OPENSSH PRIVATE KEY-----', true],
  ['TOKEN_URL', 'https://x.example', false],
  ['SECRETS_ENABLED', 'false', false],
  ['PASSWORD_FILE', '/run/secrets/x', false],
  ['TF_VAR_region', 'us-east-1', false],
  ['MONKEY', 'abcdefgh', false],
  ['ANSIBLE_HOST_KEY_CHECKING', 'False', false],
])('%s=%s looks like a secret: %s', (name, value, isSecret) => expect(looksSecret(name, value)).toBe(isSecret));
