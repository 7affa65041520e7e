import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  KEEPALIVE,
  checkSshVia,
  foregroundArgv,
  masterArgv,
  plainArgv,
  shellLine,
  sshConfigText,
  sshFiles,
} from '../../src/providers/ssh-argv.js';
import { sshProvider } from '../../src/providers/ssh.js';
import type { SshVia } from '../../src/spec.js';

const via: SshVia = {
  kind: 'ssh-bastion',
  host: 'bastion',
  user: 'ops',
  port: 2222,
  jump: 'gate',
  identityFile: '/keys/id',
  configFile: '/etc/my ssh',
  options: ['Compression=yes'],
  acceptNewHostKey: true,
};
const files = { config: '/run/x/config', control: '/run/x/c' };

test('the host stands behind --, after all that could be taken for it', () => {
  for (const argv of [masterArgv(via, files, undefined), plainArgv(via, [], KEEPALIVE), foregroundArgv(via, files)]) {
    expect(argv.slice(argv.indexOf('--'))).toEqual(['--', 'bastion']);
  }
});

test('a dry run shows what a person can run, and every target', () => {
  const { commands, summary } = sshProvider.describe(via, [
    { to: { host: 'db.internal', port: 5432 }, localPort: 15432 },
    { to: { host: '2001:db8::1', port: 80 } },
    { to: { path: '/run/app.sock' } },
  ]);
  expect(commands.map((argv) => argv.join(' '))).toEqual([
    [
      'ssh -N -T -F /etc/my ssh -o BatchMode=yes -o ExitOnForwardFailure=yes -o ServerAliveInterval=5',
      '-o ServerAliveCountMax=3 -o ControlPath=none -o StrictHostKeyChecking=accept-new',
      '-L 127.0.0.1:15432:db.internal:5432 -L 127.0.0.1:80:[2001:db8::1]:80 -L ./app.sock:/run/app.sock',
      '-o Compression=yes -J gate -l ops -p 2222 -i /keys/id -- bastion',
    ].join(' '),
  ]);
  expect(summary).toBe('Connects to db.internal:5432, [2001:db8::1]:80, /run/app.sock from bastion, by ssh.');
});

test.each([
  ['a host that is an option', { host: '-oProxyCommand=touch /tmp/x' }],
  ['a host with a command in it', { host: 'a;b' }],
  ['a host with a space', { host: 'a b' }],
  ['an empty host', { host: '' }],
  ['a user that is an option', { user: '-oProxyCommand=x' }],
  ['a jump host that is an option', { jump: '-oProxyCommand=x' }],
  ['a line end', { jump: 'a\nProxyCommand x' }],
  ['a configuration file that is a pattern', { configFile: '/home/*/.ssh/config' }],
  ['a port that is none', { port: 0 }],
  ['half a port', { port: 1.5 }],
  ['an option that is a flag', { options: ['-oProxyCommand=x'] }],
  ['an option with a line end', { options: ['Compression=yes\nProxyCommand=x'] }],
  ['a forwarding', { options: ['localforward=1 a:1'] }],
  ['a command on this machine', { options: ['LocalCommand = touch x'] }],
  ['another control path', { options: ['ControlPath=x'] }],
])('%s is refused', (_what, change) => {
  expect(checkSshVia({ ...via, ...change })).toMatchObject({ cause: 'config', permanent: true });
  expect(checkSshVia(via)).toBeUndefined();
});

test('what must be so stands before the files of the person, what they may change behind', () => {
  const options = { batch: true, keepalive: KEEPALIVE, connectTimeoutSeconds: 10, fastAes: true };
  const lines = sshConfigText({ kind: 'ssh-bastion', host: 'x' }, options).split('\n');
  const first = lines.indexOf('Include ~/.ssh/config');
  expect(lines.indexOf('ControlPath none')).toBeLessThan(first);
  expect(lines.indexOf('BatchMode yes')).toBeLessThan(first);
  expect(lines.indexOf('ServerAliveInterval 5')).toBeGreaterThan(lines.indexOf('Include /etc/ssh/ssh_config'));
  expect(lines.join()).not.toContain('StrictHostKeyChecking');
  expect(sshConfigText(via, { ...options, batch: false, fastAes: false })).not.toMatch(
    /BatchMode|Ciphers|\/etc\/ssh\//,
  );
});

test('folders in which ssh cannot make its socket', () => {
  expect(sshFiles('/run/user/1000/hawser/0123456789ab/0123456789abcdef/l12345/0').control).toContain('/l12345/0/c');
  expect(() => sshFiles(`/${'x'.repeat(90)}`)).toThrow('too long');
  expect(() => sshFiles('/tmp/a b')).toThrow('of this name');
});

test('a line to paste is read by a shell as the words it was made of', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { minLength: 1, maxLength: 4 }), (words) => {
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${shellLine(words)}`], { encoding: 'utf8' });
      expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 40 },
  );
});
