import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program, type ProgramEnd } from '../../../../test/support/program.js';
import { goJsonError } from '../../src/go-json.js';
import { echoServer, exchange } from '../support/net.js';
import { dropInWords, plugin, World } from '../support/plugin.js';

/** Far longer than any of it takes. */
const patienceMs = 10_000;

interface Played extends ProgramEnd {
  readonly printed: string;
}

/** The same done with both plugins prints the same and ends the same. */
describeReal('official-plugin', (path) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  const makers = {
    // It leaves the socket of a forwarded port behind.
    official: (words: readonly string[], env: NodeJS.ProcessEnv): Program =>
      new Program(path('official-plugin'), words, { env: { ...env, TMPDIR: world.folder } }),
    ours: (words: readonly string[], env: NodeJS.ProcessEnv): Program => plugin(words, { env }),
  };

  /** Runs one plugin through a script of steps; ids and ports, which differ, are taken out of what it printed. */
  async function played(
    make: (words: readonly string[], env: NodeJS.ProcessEnv) => Program,
    words: readonly string[],
    steps: (run: Program) => Promise<void>,
    env: NodeJS.ProcessEnv,
  ): Promise<Played> {
    await using run = make(words, env);
    const watchdog = setTimeout(() => run.child.kill('SIGKILL'), patienceMs);
    try {
      await steps(run);
      const end = await run.ended;
      const printed = run.text.replaceAll(/hawser-[0-9a-f]{17}/g, 'ID').replaceAll(/Port \d+/g, 'Port N');
      return { ...end, printed };
    } finally {
      clearTimeout(watchdog);
    }
  }

  /**
   * The official plugin has three chances: about one of its forwarded ports in a hundred never answers the first
   * connection, on a busy machine (ours: none of as many).
   */
  async function playedOfficially(
    words: () => Promise<readonly string[]>,
    steps: (run: Program) => Promise<void>,
    env: NodeJS.ProcessEnv,
  ): Promise<Played> {
    for (let chance = 1; ; chance += 1) {
      try {
        return await played(makers.official, await words(), steps, env);
      } catch (error) {
        if (chance === 3) throw error;
      }
    }
  }

  /** What the same words and steps come to with either plugin. */
  async function withEach(
    words: () => Promise<readonly string[]>,
    steps: (run: Program) => Promise<void> = async (run) => void run.child.stdin.end(),
    { env } = world,
  ): Promise<{ official: Played; ours: Played }> {
    return {
      official: await playedOfficially(words, steps, env),
      ours: await played(makers.ours, await words(), steps, env),
    };
  }

  const rest = ['us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'];
  const response = '{"SessionId":"s","TokenValue":"t","StreamUrl":"ws://127.0.0.1:1/x"}';

  test.each([
    [[]],
    [['version']],
    [['start', 'session']],
    [['bad', ...rest]],
    [['', ...rest]],
    [['nul', ...rest]],
    [['[]', ...rest]],
    [['7', ...rest]],
    [['{"SessionId":7}', ...rest]],
    [['{"sessionid":{},"TokenValue":[]}', ...rest]],
    [['WRONG_ENV_NAME', ...rest]],
    [['AWS_SSM_START_SESSION_RESPONSE', ...rest]],
    [[response, 'us-east-1', 'StopSession']],
    [[response, 'us-east-1', 'StopSession', '', '{"Target":"i-1"}', 'https://x']],
  ])('with the words %j', async (words) => {
    const { official, ours } = await withEach(async () => words);
    expect(ours).toEqual(official);
  });

  test('about texts that are nearly JSON', async () => {
    const mangled = fc
      .tuple(
        fc.json({ maxDepth: 2 }),
        fc.nat(),
        fc.constantFrom('', '"', '{', ']', ',', 'e', '\\', '\u0007', '0', '-', 'é'),
      )
      .map(([text, at, by]) => text.slice(0, at % (text.length + 1)) + by + text.slice((at % (text.length + 1)) + 1))
      .filter((text) => goJsonError(text) !== undefined);
    await fc.assert(
      fc.asyncProperty(mangled, async (text) => {
        await using run = makers.official([text, ...rest], world.env);
        await run.ended;
        expect(run.text).toBe(`Cannot perform start session: ${goJsonError(text)}\n`);
      }),
      { numRuns: 60 },
    );
  });

  test('in a shell', async () => {
    const { official, ours } = await withEach(
      async () => dropInWords(world, await world.session()),
      async (run) => {
        await run.shows(/\$ $/);
        run.type('echo hi-$((1+1))\n');
        await run.shows(/hi-2\r\n\$ $/);
        run.type('\n');
        await run.shows(/\$ \r\n\$ $/);
        run.child.kill('SIGINT');
        await run.shows(/\^C\s+\$ $/);
        run.type('exit\n');
      },
    );
    expect(ours).toEqual(official);
  });

  test('in a forwarded port', async () => {
    await using echo = await echoServer();
    const parameters = { portNumber: String(echo.port), localPortNumber: '0' };
    const { official, ours } = await withEach(
      async () => dropInWords(world, await world.session('AWS-StartPortForwardingSession', parameters)),
      async (run) => {
        const [, port] = await run.shows(/Port (\d+) opened[^]*Waiting for connections\.\.\.\n/);
        for (const words of ['first', 'second']) expect(await exchange(Number(port), words)).toBe(words);
        run.child.kill('SIGINT');
      },
    );
    expect(ours).toEqual(official);
  });

  test('in a command whose output is separate', async () => {
    const parameters = { command: "sh -c 'echo out; exit 7'", separateOutputStream: 'true' };
    const { official, ours } = await withEach(
      async () => dropInWords(world, await world.session('AWS-StartNonInteractiveCommand', parameters)),
      async (run) => void (await run.shows(/EXIT_CODE/)),
    );
    expect(ours).toEqual(official);
  });

  test('when the destination of an SSH document refuses', async () => {
    const { official, ours } = await withEach(
      async () => dropInWords(world, await world.session('AWS-StartSSHSession', { portNumber: '1' })),
      async () => undefined,
    );
    expect(ours).toEqual(official);
  });

  test('when an encrypted session begins', async () => {
    await using sealed = await World.start({ agent: { kms: { keyId: 'alias/sealed' } } });
    const { official, ours } = await withEach(
      async () => dropInWords(sealed, await sealed.session()),
      async (run) => {
        await run.shows(/encrypted using AWS KMS[^]*\$ $/);
        run.type('exit\n');
      },
      sealed,
    );
    expect(ours).toEqual(official);
  });
});
