import { describe, expect, test } from '@jest/globals';
import { opensToNetwork, tunnelsFromFlags, type FlagForm } from '../../src/config/flag-form.js';
import { isLoopback } from '../../src/config/values.js';

const now = new Date('2026-11-21T18:15:00.250Z');
const ssh: FlagForm = { via: 'ssh-bastion', host: 'bastion.example.com' };
const specs = (form: FlagForm, env: Record<string, string> = { USER: 'me' }): ReturnType<typeof tunnelsFromFlags> =>
  tunnelsFromFlags(form, env, now);

describe('flags', () => {
  test('open Prefect and Marquez of staging, as upstream had it', () => {
    const via = { kind: 'ssh-bastion', host: 'bastion.example.com' };
    expect(specs(ssh)).toEqual([
      {
        name: 'prefect',
        set: '20261121T181500Z',
        via,
        to: { host: 'prefect.staging.internal', port: 4200 },
        local: { port: 4200 },
        probe: { kind: 'prefect' },
        env: { PREFECT_API_URL: 'http://{addr}/api' },
      },
      {
        name: 'marquez',
        set: '20261121T181500Z',
        via,
        to: { host: 'marquez.staging.internal', port: 5000 },
        local: { port: 5000 },
        probe: { kind: 'marquez' },
        env: { OPENLINEAGE_URL: 'http://{addr}' },
      },
    ]);
  });

  test('what is not said is taken from the environment', () => {
    const env = {
      HAWSER_BASTION_HOST: 'b.example.com',
      HAWSER_BASTION_USER: 'ops',
      HAWSER_PREFECT_REMOTE_HOST: 'p.internal',
      HAWSER_MARQUEZ_REMOTE_HOST: 'm.internal',
    };
    expect(specs({ via: 'ssh-bastion' }, env)).toMatchObject([
      { via: { host: 'b.example.com', user: 'ops' }, to: { host: 'p.internal' } },
      { to: { host: 'm.internal' } },
    ]);
    const said = { ...ssh, sshUser: 'me', prefect: { host: 'x' }, marquez: { host: 'y' } };
    expect(specs(said, env)).toMatchObject([
      { via: { host: 'bastion.example.com', user: 'me' }, to: { host: 'x' } },
      { to: { host: 'y' } },
    ]);
  });

  test('the user is left to ssh unless somebody says it', () => {
    expect(specs(ssh, { USER: 'me' })[0]?.via).not.toHaveProperty('user');
    expect(specs(ssh, {})[0]?.via).not.toHaveProperty('user');
    expect(specs(ssh, { HAWSER_BASTION_USER: 'ec2-user' })[0]?.via).toMatchObject({ user: 'ec2-user' });
  });

  test('set ports, a label, options of ssh and what happens when a port is taken', () => {
    const made = specs({
      ...ssh,
      label: 'morning',
      sshOptions: ['Compression=yes'],
      prefect: { localPort: 14_200, remotePort: 80 },
      marquez: false,
      onPortConflict: 'fail',
    });
    expect(made).toMatchObject([
      {
        set: 'morning',
        via: { options: ['Compression=yes'] },
        local: { port: 14_200 },
        to: { port: 80 },
        onPortConflict: 'fail',
      },
    ]);
  });

  test('Session Manager takes profile, region and lanes, and its node where the bastion stands', () => {
    expect(
      specs({ via: 'ssm', host: 'i-0123456789abcdef0', profile: 'staging', region: 'eu-west-1', lanes: 4 })[0]?.via,
    ).toEqual({ kind: 'ssm', target: 'i-0123456789abcdef0', profile: 'staging', region: 'eu-west-1', lanes: 4 });
  });

  test('Kubernetes leads to services by name', () => {
    expect(specs({ via: 'kube', context: 'staging', namespace: 'apps' })).toMatchObject([
      { via: { kind: 'kube', context: 'staging', namespace: 'apps' }, to: { host: 'svc/prefect', port: 4200 } },
      { to: { host: 'svc/marquez', port: 5000 } },
    ]);
  });

  test('forwards stand alone, unless something is said of Prefect or Marquez', () => {
    const forwards = ['db=15432:db.internal:5432', 'v6=[2001:db8::1]:80', 'sock=0:unix:/run/x.sock'];
    expect(specs({ ...ssh, forwards })).toMatchObject([
      { name: 'db', local: { port: 15_432 }, to: { host: 'db.internal', port: 5432 } },
      { name: 'v6', local: { port: 0 }, to: { host: '2001:db8::1', port: 80 } },
      { name: 'sock', local: { port: 0 }, to: { path: '/run/x.sock' } },
    ]);
    expect(specs({ ...ssh, forwards, prefect: {} }).map(({ name }) => name)).toEqual(['prefect', 'db', 'v6', 'sock']);
  });

  test('an address to listen on goes to all', () => {
    const made = specs({ ...ssh, bind: '0.0.0.0' });
    expect(made.map(({ local }) => local)).toEqual([
      { port: 4200, host: '0.0.0.0' },
      { port: 5000, host: '0.0.0.0' },
    ]);
    expect(made.every(opensToNetwork)).toBe(true);
    expect(specs(ssh).some(opensToNetwork)).toBe(false);
  });

  test.each<[string, Partial<FlagForm>, RegExp]>([
    [
      'one local port for two',
      { prefect: { localPort: 5000 }, marquez: { localPort: 5000 } },
      /prefect and marquez both want port 5000/,
    ],
    [
      'one local port for a forward too',
      { prefect: {}, forwards: ['db=4200:db:5432'] },
      /prefect and db both want port 4200/,
    ],
    ['two of one name', { forwards: ['a=x:1', 'a=y:2'] }, /Two tunnels are called a/],
    ['a forward without a name', { forwards: ['db.internal:5432'] }, /begins with no name/],
    ['a forward without a port', { forwards: ['db=db.internal'] }, /names no forward/],
    ['a forward with a bad port', { forwards: ['db=99999:db:1'] }, /names no forward/],
    ['a bare IPv6 address', { forwards: ['db=::1:80'] }, /names no forward/],
    ['a host that is an option', { host: '-oProxyCommand=x' }, /is no host/],
    ['a user that is an option', { sshUser: '-l' }, /is no user name/],
    ['a label that is no name', { label: '../x' }, /begins with no name/],
  ])('%s: HAWSER_NET_BAD_INPUT', (_what, form, message) => {
    expect(() => specs({ ...ssh, ...form })).toThrow(
      expect.objectContaining({ code: 'HAWSER_NET_BAD_INPUT', exitCode: 2, message: expect.stringMatching(message) }),
    );
  });

  test.each(['ssh-bastion', 'ssm'] as const)('a missing host of %s names flag and variable', (via) => {
    expect(() => specs({ via })).toThrow(
      expect.objectContaining({ code: 'HAWSER_NET_BAD_INPUT', hint: expect.stringContaining('HAWSER_BASTION_HOST') }),
    );
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['1::', false],
  ['1::1', false],
  ['::2', false],
  ['::ffff:10.0.0.1', false],
  ['128.0.0.1', false],
  ['127.0.0.1.example.com', false],
])('%s is reached by this machine only: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
