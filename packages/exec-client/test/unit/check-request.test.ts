import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkExecutionRequest } from '../../src/contract/check-request.js';
import type { RequestLimits } from '../../src/contract/limits.js';

const limits: RequestLimits = {
  maxTimeoutSeconds: 21_600,
  repoSchemes: ['https', 'ssh'],
  allowedRoles: ['arn:aws:iam::123456789012:role/deploy'],
};
const good = { repo: 'https://github.com/user/infra', command: 'terraform plan' };
const commit = 'a'.repeat(40);

describe('checkExecutionRequest', () => {
  test('takes the body of the design document and everything that grew beside it', () => {
    const seed = {
      execution_id: 'exec_20251025143210_abcdefghij',
      repo: 'https://github.com/user/infrastructure',
      branch: 'main',
      command: 'terraform apply -auto-approve',
      image: 'hashicorp/terraform:1.6',
      env: { TF_VAR_region: 'us-east-1', AWS_REGION: 'us-east-1' },
      timeout_seconds: 1800,
    };
    const whole = {
      ...seed,
      no_repo: false,
      entrypoint: 'shell',
      secrets: { TOKEN: 'team/token' },
      grace_seconds: 0,
      workdir: 'envs/prod',
      lock: 'auto:github.com/user/infra#envs/prod:default',
      lock_policy: 'wait',
      lock_timeout_seconds: 60,
      labels: { team: 'platform', note: '' },
      role: 'arn:aws:iam::123456789012:role/deploy',
      cpu: 1024,
      memory: 2048,
      disk: 21,
      platform: 'ARM64',
      retries: 0,
      notify: [{ url: 'https://hooks.example.com/x', on: ['failed'], secret: 'hook' }],
      git_credentials: 'run',
      attachable: true,
      dirty: { base: commit, diff: 'AAAA', tree: commit, files: 2, bytes: 4 },
      isolation: 'auto',
      source: { cli: '0.1.0', host: 'me', git_user: 'Me', rerun_of: 'exec_20251025143210_abcdefghij' },
    };
    expect(checkExecutionRequest(seed, limits)).toEqual({ request: seed });
    expect(checkExecutionRequest(whole, limits)).toEqual({ request: whole });
    expect(checkExecutionRequest({ no_repo: true, argv: ['make', ''] }, limits).problems).toBeUndefined();
  });

  test.each<[string, object, string]>([
    ['an id', { execution_id: 'exec_1' }, 'execution_id'],
    ['no repository', { repo: undefined }, 'repo'],
    ['a repository with no_repo', { no_repo: true }, 'repo'],
    ['an option as repository', { repo: '--upload-pack=touch /tmp/x' }, 'repo'],
    ['a remote helper', { repo: 'ext::sh -c touch%20/tmp/x' }, 'repo'],
    ['a host that is an option', { repo: 'ssh://-oProxyCommand=touch/x' }, 'repo'],
    ['a path that is an option', { repo: 'git@host:-x' }, 'repo'],
    ['a path where none can be seen', { repo: '/srv/infra' }, 'repo'],
    ['plain http on AWS', { repo: 'http://example.com/x' }, 'repo'],
    ['a newline in a repository', { repo: 'https://example.com/x\n' }, 'repo'],
    ['an option as branch', { branch: '--upload-pack=x' }, 'branch'],
    ['a range as branch', { branch: 'main..dev' }, 'branch'],
    ['a long branch', { branch: 'b'.repeat(256) }, 'branch'],
    ['command and argv', { argv: ['x'] }, 'command'],
    ['neither', { command: undefined }, 'command'],
    ['an empty command', { command: ' \n' }, 'command'],
    ['a command with a zero byte', { command: 'a\0b' }, 'command'],
    ['a long command', { command: 'é'.repeat(32_769) }, 'command'],
    ['an empty argv', { command: undefined, argv: [] }, 'argv'],
    ['too many words', { command: undefined, argv: Array.from({ length: 257 }, () => 'x') }, 'argv'],
    ['a long word', { command: undefined, argv: ['x', 'y'.repeat(32_769)] }, 'argv[1]'],
    ['long words', { command: undefined, argv: ['x', 'y'.repeat(32_768), 'z'.repeat(32_768)] }, 'argv'],
    ['an empty program', { command: undefined, argv: [''] }, 'argv[0]'],
    ['a number as word', { command: undefined, argv: ['x', 1] }, 'argv[1]'],
    ['an image with a space', { image: 'a b' }, 'image'],
    ['an image that is an option', { image: '--privileged' }, 'image'],
    ['an entry mode', { entrypoint: 'bash' }, 'entrypoint'],
    ['a variable that begins with a digit', { env: { '1A': 'x' } }, 'env.1A'],
    ['a variable with an equals sign', { env: { 'A=B': 'x' } }, 'env.A=B'],
    ['a reserved variable', { env: { HAWSER_EXEC_ID: 'x' } }, 'env.HAWSER_EXEC_ID'],
    [
      'another reserved variable',
      { env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: 'x' } },
      'env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    ],
    ['a value with a zero byte', { env: { A: '\0' } }, 'env.A'],
    ['a number as value', { env: { A: 1 } }, 'env.A'],
    ['a value that no system call takes', { env: { A: 'x'.repeat(131_072) } }, 'env.A'],
    ['too many variables', { env: Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`A${n}`, ''])) }, 'env'],
    ['a secret that is a variable too', { env: { A: '' }, secrets: { A: 'a' } }, 'secrets.A'],
    ['a secret of git', { secrets: { A: 'git/github.com' } }, 'secrets.A'],
    ['a secret above', { secrets: { A: '../x' } }, 'secrets.A'],
    ['no time', { timeout_seconds: 0 }, 'timeout_seconds'],
    ['more time than there is', { timeout_seconds: 21_601 }, 'timeout_seconds'],
    ['half a second', { timeout_seconds: 1.5 }, 'timeout_seconds'],
    ['grace', { grace_seconds: 901 }, 'grace_seconds'],
    ['a folder outside', { workdir: 'a/../../b' }, 'workdir'],
    ['an absolute folder', { workdir: '/etc' }, 'workdir'],
    ['a long lock', { lock: 'l'.repeat(129) }, 'lock'],
    ['a lock with a newline', { lock: 'a\nb' }, 'lock'],
    ['a policy', { lock_policy: 'steal' }, 'lock_policy'],
    ['a wait', { lock_timeout_seconds: -1 }, 'lock_timeout_seconds'],
    ['too many labels', { labels: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`l${n}`, ''])) }, 'labels'],
    ['a long label', { labels: { a: 'x'.repeat(257) } }, 'labels.a'],
    ['a label with a space', { labels: { 'a b': 'x' } }, 'labels.a b'],
    ['a role that is not allowed', { role: 'arn:aws:iam::123456789012:role/admin' }, 'role'],
    ['cpu', { cpu: 300 }, 'cpu'],
    ['memory', { memory: 700 }, 'memory'],
    ['cpu and memory that do not fit', { cpu: 256, memory: 8192 }, 'memory'],
    ['disk', { disk: 20 }, 'disk'],
    ['a platform', { platform: 'arm64' }, 'platform'],
    ['retries', { retries: 3 }, 'retries'],
    ['plain http to notify', { notify: [{ url: 'http://example.com' }] }, 'notify[0].url'],
    ['credentials to notify', { notify: [{ url: 'https://me:pass@example.com' }] }, 'notify[0].url'],
    ['an end that is none', { notify: [{ url: 'https://example.com', on: ['done'] }] }, 'notify[0].on[0]'],
    ['too many to notify', { notify: Array.from({ length: 4 }, () => ({ url: 'https://example.com' })) }, 'notify'],
    ['a base that is no commit', { dirty: { base: 'main', tree: commit, diff: '', files: 0, bytes: 0 } }, 'dirty.base'],
    [
      'a diff that is no base64',
      { dirty: { base: commit, tree: commit, diff: '-', files: 1, bytes: 1 } },
      'dirty.diff',
    ],
    ['too much dirt', { dirty: { base: commit, tree: commit, files: 1, bytes: 350_001 } }, 'dirty.bytes'],
    [
      'dirt that is miscounted',
      { dirty: { base: commit, tree: commit, diff: 'AAAA', files: 1, bytes: 3 } },
      'dirty.bytes',
    ],
    ['an isolation', { isolation: 'vm' }, 'isolation'],
    ['a source', { source: { who: 'me' } }, 'source.who'],
    ['a misspelt field', { lok: 'prod' }, 'lok'],
    ['credentials for all', { git_credentials: 'yes' }, 'git_credentials'],
    ['attachable', { attachable: 1 }, 'attachable'],
  ])('refuses %s', (_what, change, path) => {
    const { problems } = checkExecutionRequest(JSON.parse(JSON.stringify({ ...good, ...change })), limits);
    expect(problems?.map((problem) => problem.path)).toContain(path);
  });

  test('never repeats a credential of an address', () => {
    const { problems } = checkExecutionRequest({ ...good, repo: 'https://me:ghp_planted@github.com/a/b' }, limits);
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain('ghp_planted');
    expect(problems?.[0]?.message).toContain('git/github.com');
  });

  test('answers every body, and says of a body that it takes nothing that it would refuse alone', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const checked = checkExecutionRequest(body, limits);
        expect(checked.request === undefined).toBe((checked.problems?.length ?? 0) > 0);
      }),
    );
  });

  test('finds all problems at once, in words that read behind their paths', () => {
    const { problems } = checkExecutionRequest({ repo: 1, branch: '-x', timeout_seconds: 'a', x: 1 }, limits);
    expect(problems?.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'repo must be text',
      'branch must not begin with -',
      'timeout_seconds must be a whole number from 1 to 21,600',
      'x is not a field of an execution',
      'command or argv must be given, and not both',
    ]);
  });
});
