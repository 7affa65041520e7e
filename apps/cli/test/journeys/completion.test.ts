import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startHubEmulator } from '@hawser/emulators/hub';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Terminal } from '../../../../test/support/terminal.js';
import { kindsOfArguments, kindsOfFlags } from '../../src/complete/kinds.js';
import { useEmulator } from '../support/emulator.js';
import { bin } from '../support/hawser.js';
import { useSessions } from '../support/sessions.js';

const hawser = useSessions();
/** A name that is a command where a shell is let read it, such as a folder of a clone may have. */
const hostile = 'b;touch${IFS}pwned$(touch${IFS}pwned)';
const aws = useEmulator({ targets: [{ id: 'i-0bbbbbbbbbbbbbbb1', name: 'db-1' }] });
const account = { name: 'alice', email: 'alice@example.com', role: 'write' as const, token: `hf_${'a'.repeat(34)}` };
let hub: Awaited<ReturnType<typeof startHubEmulator>>;
let env: Record<string, string>;
/** What was made to be completed: an execution and a session. */
let made: { readonly run: string; readonly session: string };
/** None of them may be printed, or kept. */
let secrets: readonly string[];
const at = (path: string): string => join(hawser.home, path);

/** One of each thing that lives, with whoever knows it. */
beforeAll(async () => {
  hub = await startHubEmulator({ accounts: [account] });
  const headers = { authorization: `Bearer ${account.token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ type: 'space', name: 'echo_env', sdk: 'docker' });
  expect((await fetch(`${hub.endpoint}/api/repos/create`, { method: 'POST', headers, body })).status).toBe(200);
  const files: Readonly<Record<string, string>> = {
    // Shells ask it for names; what else they run it with, it says.
    'bin/hawser': `#!/bin/sh\n[ "$1" = complete-values ] && exec '${process.execPath}' '${bin}' "$@"\nprintf '<%s>\\n' "$*"\n`,
    '.aws/config': '[default]\n[profile staging-eu]\nregion = eu-west-1\n',
    'project/envs/echo_env/openenv.yaml': '',
    [`project/envs/${hostile}/openenv.yaml`]: '',
    'project/tunnels.yaml': 'sets:\n  warehouse:\n    tunnels:\n      postgres: {via: {kind: direct}, to: "db:5432"}\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }
  await chmod(at('bin/hawser'), 0o755);
  const serving = hawser.start(['exec', 'serve', '--json']);
  const served = JSON.parse((await serving.until(/^\{.*\}$/m))[0]) as { readonly env: Record<string, string> };
  env = {
    ...aws.env,
    ...served.env,
    AWS_CONFIG_FILE: at('.aws/config'),
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: hawser.home,
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: account.token,
    PATH: `${at('bin')}:${process.env['PATH'] ?? ''}`,
    TERM: 'xterm',
    LANG: 'C.UTF-8',
  };
  const here = { env, cwd: at('project') };
  const [run, session, context] = await Promise.all([
    hawser.run(['exec', '--no-repo', '--detach', 'true'], here),
    hawser.data<{ readonly sessionId: string }>(['sessions', 'create', 'true']),
    hawser.run(['ctx', 'init', 'staging', '--prefect-url', 'http://127.0.0.1:9/api', '--yes'], here),
  ]);
  expect([context.exitCode, run.exitCode]).toEqual([0, 0]);
  made = { run: /exec_\d{14}_\w+/.exec(run.stderr)?.[0] ?? '', session: session.sessionId };
  secrets = [account.token, served.env['HAWSER_EXEC_API_KEY'] ?? '', hawser.service().apiKey];
  expect(secrets.every((secret) => secret.length > 10)).toBe(true);
});
afterAll(() => hub.close());

async function values(words: readonly string[], more: Record<string, string> = {}): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await hawser.run(['complete-values', ...words], {
    cwd: at('project'),
    env: { ...env, ...more },
  });
  expect([stderr, exitCode]).toEqual(['', 0]);
  return stdout.split('\n').filter(Boolean);
}

describe('live names', () => {
  test('are asked of whoever knows them, told without a secret, and nothing is changed', async () => {
    const before = await contents(at('project'));
    // As the refresh behind a first Tab does it, which has more than a second: shells find what it heard.
    const heard = async (words: readonly string[], wanted: string): Promise<void> => {
      const [kind = '', ...rest] = words;
      const found = await values([kind, '--refresh', ...rest]);
      expect(found).toContainEqual(expect.stringMatching(`^${wanted}(?:\\t|$)`));
    };
    await heard(['targets'], 'i-0bbbbbbbbbbbbbbb1\tdb-1.internal');
    await heard(['spaces'], 'alice/echo_env');
    await heard(['runs'], `${made.run}\t\\w+: true`);
    await heard(['runs', 'exec', 'status', '--local'], made.run);
    await heard(['sessions'], `${made.session}\t\\w+`);
    await heard(['tunnels'], 'postgres\tof warehouse');
    await heard(['contexts'], 'staging\tcurrent');
    const kept = JSON.stringify(await contents(at('.cache/hawser/complete')));
    expect(kept).toContain('alice/echo_env');
    for (const secret of secrets) expect(kept).not.toContain(secret);
    expect(await contents(at('project'))).toEqual(before);
  });

  test('that nobody tells, and kinds that there are not, are an empty list and no error', async () => {
    const callers = new Set<Socket>();
    const deaf = createServer((socket) => callers.add(socket.on('error', () => {})));
    deaf.listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
    const cold = { HAWSER_CACHE_DIR: join(hawser.home, 'cold') };
    expect(await values(['targets'], { ...cold, AWS_ENDPOINT_URL: url })).toEqual([]);
    expect(await values(['targets'], { ...cold, AWS_PROFILE: 'no-such', AWS_ACCESS_KEY_ID: '' })).toEqual([]);
    expect(await values(['sessions'], { ...cold, HAWSER_SESSIONS_URL: 'nonsense' })).toEqual([]);
    expect(await values(['no-such-kind'])).toEqual([]);
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

type Line = readonly [typed: string, completed: string];

/** What is typed before Tab, and what the line then says, where the scripts know it by themselves. */
const known: readonly Line[] = [
  ['hawser dist', 'hawser distro'],
  ['hawser net up --via dir', 'hawser net up --via direct'],
  ['hawser net up --wai', 'hawser net up --wait'],
];

/** The same where something that lives is asked for: each kind at least once. */
function asked(): readonly Line[] {
  return [
    ['hawser doctor sess', 'hawser doctor sessions'],
    ['hawser ssm start i-0bb', 'hawser ssm start i-0bbbbbbbbbbbbbbb1'],
    ['hawser hf test b', `hawser hf test ${hostile}`],
    ['hawser net up ware', 'hawser net up warehouse'],
    ['hawser net down --set ware', 'hawser net down --set warehouse'],
    ['hawser net wait post', 'hawser net wait postgres'],
    ['hawser exec logs exec_2', `hawser exec logs ${made.run}`],
    ['hawser exec status --local exec_2', `hawser exec status --local ${made.run}`],
    ['hawser exec list --backend loc', 'hawser exec list --backend local'],
    [`hawser sessions show ${made.session.slice(0, 8)}`, `hawser sessions show ${made.session}`],
    ['hawser hf status ali', 'hawser hf status alice/echo_env'],
    ['hawser hf push ech', 'hawser hf push echo_env'],
    ['hawser ctx use stag', 'hawser ctx use staging'],
    ['hawser ssm list --profile stag', 'hawser ssm list --profile staging-eu'],
    ['hawser ssm list --profile=stag', 'hawser ssm list --profile=staging-eu'],
  ];
}

/** A folder and everything in it, by path. */
async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
  );
}

/** Puts the script of a shell where the shell looks for it. */
async function install(shell: string, path: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), (await hawser.run(['completion', shell])).stdout);
}

/** Presses Tab behind each line in a shell that has a terminal, then Enter, and looks what was run. */
async function pressTab(program: string, args: readonly string[], more: Record<string, string> = {}): Promise<void> {
  const size = { columns: 200, rows: 40 };
  using terminal = new Terminal(program, args, { cwd: at('project'), env: { ...env, ...more }, size });
  await terminal.shows(/ready> /);
  const press = async (typed: string): Promise<string> => {
    terminal.screen = '';
    terminal.type(`${typed}\t\r`);
    return `hawser ${(await terminal.shows(/<([^>]*)>\r?\n[^]*ready> /))[1]}`;
  };
  for (const [typed, whole] of known) expect(await press(typed)).toBe(whole);
  for (const [typed, whole] of asked()) {
    let ran = await press(typed);
    // Whoever had no answer within the second presses again.
    for (let tries = 20; tries > 0 && ran === typed; tries--) ran = await press(typed);
    expect(ran).toBe(whole);
    for (const secret of secrets) expect(terminal.screen).not.toContain(secret);
  }
  expect(existsSync(at('project/pwned'))).toBe(false);
}

test('Tab in bash completes words, flags and live names, and runs none of them', async () => {
  await install('bash', 'hawser.bash');
  await writeFile(at('.bashrc'), `PS1='ready> '\nunset HISTFILE\nsource ~/hawser.bash\n`);
  await pressTab('bash', ['--noprofile', '-i'], { INPUTRC: '/dev/null' });
});

describeReal('zsh', (program) => {
  test('Tab in zsh completes words, flags and live names, and runs none of them', async () => {
    await install('zsh', 'zfunctions/_hawser');
    const lines = ["PS1='ready> '", 'fpath=(~/zfunctions $fpath)', 'autoload -Uz compinit', 'compinit -u -D'];
    await writeFile(at('.zshrc'), `${lines.join('\n')}\n`);
    await pressTab(program('zsh'), ['-d', '-i']);
  });
});

describeReal('fish', (program) => {
  test('fish completes words, flags and live names', async () => {
    await install('fish', '.config/fish/completions/hawser.fish');
    const ask = 'for line in $argv; set -l found (complete -C $line); echo (string split \\t -- $found[1])[1]; end';
    const complete = (some: readonly Line[]): readonly Line[] => {
      const argv = ['-c', ask, ...some.map(([typed]) => typed)];
      const said = execFileSync(program('fish'), argv, { env, cwd: at('project'), encoding: 'utf8' }).split('\n');
      return some.map(([typed], index) => [typed, said[index] ?? '']);
    };
    const wanted = [...known, ...asked()].map(([typed, whole]): Line => [typed, whole.split(' ').at(-1) ?? '']);
    let found = complete(wanted);
    for (let tries = 20; tries > 0 && found.some(([, word]) => word === ''); tries--) found = complete(wanted);
    expect(found).toEqual(wanted);
    expect(existsSync(at('project/pwned'))).toBe(false);
  });
});
