import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHubEmulator } from '@hawser/emulators/hub';
import { describeReal } from '../../../../test/support/counterparts.js';
import { kindsOfArguments, kindsOfFlags } from '../../src/complete/kinds.js';
import { useEmulator } from '../support/emulator.js';
import { bin, useHawser } from '../support/hawser.js';

const hawser = useHawser();
const aws = useEmulator({ targets: [{ id: 'i-0aaaaaaaaaaaaaaa1', name: 'web-1', tags: { Name: 'web-1' } }] });
const account = { name: 'alice', email: 'alice@example.com', role: 'write' as const, token: `hf_${'a'.repeat(34)}` };
let hub: Awaited<ReturnType<typeof startHubEmulator>>;
let env: Record<string, string>;

beforeAll(async () => {
  hub = await startHubEmulator({ accounts: [account] });
  const headers = { authorization: `Bearer ${account.token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ type: 'space', name: 'echo_env', sdk: 'docker' });
  expect((await fetch(`${hub.endpoint}/api/repos/create`, { method: 'POST', headers, body })).status).toBe(200);
  const at = (path: string): string => join(hawser.home, path);
  for (const folder of ['bin', 'config', 'project', 'data/exec/runs/exec_20261121_abc123', '.aws']) {
    await mkdir(at(folder), { recursive: true });
  }
  await writeFile(at('bin/hawser'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`);
  await chmod(at('bin/hawser'), 0o755);
  await writeFile(at('.aws/config'), '[default]\n[profile staging-eu]\nregion = eu-west-1\n');
  await writeFile(
    at('project/tunnels.yaml'),
    'sets:\n  warehouse:\n    tunnels:\n      postgres: {via: {kind: direct}, to: "db:5432"}\n',
  );
  env = {
    ...aws.env,
    AWS_CONFIG_FILE: at('.aws/config'),
    HOME: hawser.home,
    HAWSER_CONFIG_DIR: at('config'),
    HAWSER_DATA_DIR: at('data'),
    HAWSER_CACHE_DIR: at('cache'),
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: account.token,
    PATH: `${at('bin')}:${process.env['PATH'] ?? ''}`,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
});
afterAll(() => hub.close());

async function values(kind: string, more: Record<string, string> = {}): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await hawser.run(['complete-values', kind], {
    cwd: join(hawser.home, 'project'),
    env: { ...env, ...more },
  });
  expect([stderr, exitCode]).toEqual(['', 0]);
  return stdout.split('\n').filter(Boolean);
}

describe('live names', () => {
  test('are asked of whoever knows them', async () => {
    // The first Tab may be too short for a slow machine; what was heard after it is there at the next.
    const heard = async (kind: string, wanted: string): Promise<void> => {
      let found = await values(kind);
      for (let more = 20; more > 0 && !found.some((line) => line.startsWith(wanted)); more--)
        found = await values(kind);
      expect(found).toContainEqual(expect.stringMatching(`^${wanted}(?:\\t|$)`));
    };
    await heard('targets', 'i-0aaaaaaaaaaaaaaa1');
    await heard('spaces', 'alice/echo_env');
    await heard('sets', 'warehouse');
    await heard('tunnels', 'postgres');
    await heard('runs', 'exec_20261121_abc123');
    await heard('profiles', 'staging-eu');
    await heard('backends', 'local');
  });

  test('that nobody tells, and kinds that there are not, are an empty list and no error', async () => {
    const callers = new Set<Socket>();
    const deaf = createServer((socket) => callers.add(socket.on('error', () => {})));
    deaf.listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
    const cold = { HAWSER_CACHE_DIR: join(hawser.home, 'cold') };
    expect(await values('targets', { ...cold, AWS_ENDPOINT_URL: url })).toEqual([]);
    expect(await values('targets', { ...cold, AWS_PROFILE: 'no-such', AWS_ACCESS_KEY_ID: '' })).toEqual([]);
    expect(await values('sessions', { ...cold, HAWSER_SESSIONS_URL: 'nonsense' })).toEqual([]);
    expect(await values('no-such-kind')).toEqual([]);
    for (const socket of callers) socket.destroy();
    deaf.close();
  });

  test('stand for arguments and flags that there are', async () => {
    const { commands } = JSON.parse(await readFile(join(bin, '../../oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, { args: object; flags: object }>;
    };
    const all = Object.entries(commands).map(([id, command]) => ({ name: id.replaceAll(':', ' '), ...command }));
    for (const place of kindsOfArguments.keys()) {
      const [argument = '', ...name] = place.split(' ').toReversed();
      const command = all.find((each) => each.name === name.toReversed().join(' '));
      expect([place, Object.keys(command?.args ?? {})]).toEqual([place, expect.arrayContaining([argument])]);
    }
    for (const place of kindsOfFlags.keys()) {
      const [topic = '', flag = ''] = place.startsWith('--') ? ['', place.slice(2)] : place.split(' --');
      expect([place, all.some(({ name, flags }) => name.startsWith(topic) && flag in flags)]).toEqual([place, true]);
    }
  });

  test('old words for the command still work', async () => {
    const printed = await hawser.run(['completion', 'bash']);
    expect(printed.stdout).toContain('complete -o default -F _hawser hawser');
    for (const old of [
      ['autocomplete', 'bash'],
      ['autocomplete', 'script', 'bash'],
    ]) {
      expect((await hawser.run(old)).stdout).toBe(printed.stdout);
    }
    const { json } = await hawser.run(['completion', 'bash', '--json']);
    expect(json).toMatchObject({ data: { shell: 'bash', script: printed.stdout } });
    const { stderr, exitCode } = await hawser.run(['completion'], { env: { SHELL: '/bin/tcsh' } });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('There is no completion for tcsh.')]);
  });
});

/** What is typed before Tab, and what the line then holds. */
const lines: readonly (readonly [typed: string, completed: string])[] = [
  ['hawser dist', 'hawser distro '],
  ['hawser ssm start i-01', 'hawser ssm start i-0123456789abcdef0 '],
  ['hawser net up ware', 'hawser net up warehouse '],
  ['hawser net down --set ware', 'hawser net down --set warehouse '],
  ['hawser exec logs exec_2', 'hawser exec logs exec_20261121_abc123 '],
  ['hawser hf status ali', 'hawser hf status alice/echo_env '],
  ['hawser ssm list --profile stag', 'hawser ssm list --profile staging-eu '],
  ['hawser net up --via dir', 'hawser net up --via direct '],
];

async function script(shell: string): Promise<string> {
  const path = join(hawser.home, `completion.${shell}`);
  await writeFile(path, (await hawser.run(['completion', shell])).stdout);
  // What asks over a network is warm, as after the first Tab.
  await values('targets');
  await values('spaces');
  return path;
}

const completed = (line: string): string => line.trim().split(' ').at(-1) ?? '';

test('bash completes words, flags and live names', async () => {
  const path = await script('bash');
  const ask =
    'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hawser hawser; printf "%s\\n" "${COMPREPLY[@]}"';
  for (const [typed, whole] of lines) {
    const argv = ['--noprofile', '--norc', '-c', ask, 'bash', path, ...typed.split(' ')];
    const found = execFileSync('bash', argv, { env, cwd: join(hawser.home, 'project'), encoding: 'utf8' });
    expect([typed, ...found.trim().split('\n')]).toEqual([typed, completed(whole)]);
  }
});

describeReal('fish', (program) => {
  test('fish completes words, flags and live names', async () => {
    const path = await script('fish');
    for (const [typed, whole] of lines) {
      const argv = ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', path, typed];
      const found = execFileSync(program('fish'), argv, { env, cwd: join(hawser.home, 'project'), encoding: 'utf8' });
      expect([typed, found.split('\n')[0]?.split('\t')[0]]).toEqual([typed, completed(whole)]);
    }
  });
});
