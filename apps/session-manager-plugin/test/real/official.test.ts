import { expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { closedPort, echoServer, exchange } from '../support/net.js';
import { plugin, target, World } from '../support/plugin.js';

/** What differs between two runs of the same thing. */
function withoutIds(text: string, sessionId: string): string {
  return text.replaceAll(sessionId, '<id>').replaceAll(/Port \d+ opened/g, 'Port <port> opened');
}

describeReal('official-plugin', (path) => {
  const official = (words: readonly string[], env: NodeJS.ProcessEnv): Program =>
    new Program(path('official-plugin'), words, { env });
  const programs = [
    ['the official plugin', official],
    ['ours', (words: readonly string[], env: NodeJS.ProcessEnv): Program => plugin(words, { env })],
  ] as const;

  /** Runs the same session with both and gives what each printed on stdout. */
  async function both(
    world: World,
    open: (world: World) => ReturnType<World['session']>,
    drive: (run: Program) => Promise<void>,
  ): Promise<{ printed: string[]; codes: (number | null)[] }> {
    const printed: string[] = [];
    const codes: (number | null)[] = [];
    for (const [, start] of programs) {
      const session = await open(world);
      const response = { SessionId: session.sessionId, TokenValue: session.tokenValue, StreamUrl: session.streamUrl };
      await using run = start(
        [
          JSON.stringify(response),
          'us-east-1',
          'StartSession',
          '',
          JSON.stringify({ Target: target }),
          world.ssm.endpoint,
        ],
        world.env,
      );
      await drive(run);
      codes.push((await run.ended).code);
      printed.push(withoutIds(run.text, session.sessionId));
    }
    return { printed, codes };
  }

  test('both print the same for words that open no session', async () => {
    const response = '{"SessionId":"s","TokenValue":"t","StreamUrl":"ws://127.0.0.1:1/x"}';
    for (const words of [
      [],
      ['version'],
      ['one', 'two'],
      [response, 'us-east-1', 'StopSession', '', '{"Target":"i-1"}', 'https://x'],
      ['bad', 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'],
      ['', 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'],
      ['{"SessionId":', 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'],
      ['[1]', 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'],
      ['{"SessionId":7}', 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'],
      ['AWS_SSM_START_SESSION_RESPONSE', 'us-east-1', 'StartSession', '', '{"Target":"i-1"}', 'https://x'],
    ]) {
      const results = [];
      for (const [, start] of programs) {
        await using run = start(words, process.env);
        results.push({ words, code: (await run.ended).code, printed: run.text });
      }
      expect(results[1]).toEqual(results[0]);
    }
  });

  test('both show the same shell session, byte for byte', async () => {
    await using world = await World.start();
    const { printed, codes } = await both(
      world,
      (of) => of.session(),
      async (run) => {
        await run.shows(/\$ $/);
        run.type('echo hi-$((1+1))\n');
        await run.shows(/hi-2\r\n\$ $/);
        run.type('exit\n');
      },
    );
    expect(printed[1]).toBe(printed[0]);
    expect(codes).toEqual([0, 0]);
  });

  test('both show the same encrypted shell session', async () => {
    await using world = await World.start({
      agent: { kms: { keyId: 'arn:aws:kms:us-east-1:123456789012:key/hawser' } },
    });
    const { printed, codes } = await both(
      world,
      (of) => of.session(),
      async (run) => {
        await run.shows(/\$ $/);
        run.type('exit\n');
      },
    );
    expect(printed[0]).toContain('This session is encrypted using AWS KMS.');
    expect(printed[1]).toBe(printed[0]);
    expect(codes).toEqual([0, 0]);
  });

  test('both forward a port with the same words, and end the same way at a signal', async () => {
    await using world = await World.start();
    await using echo = await echoServer();
    const parameters = { portNumber: String(echo.port), localPortNumber: '0' };
    const { printed, codes } = await both(
      world,
      (of) => of.session('AWS-StartPortForwardingSession', parameters),
      async (run) => {
        const [, port] = await run.shows(/Port (\d+) opened[^]*Waiting for connections\.\.\.\n/);
        expect(await exchange(Number(port), 'through')).toBe('through');
        await run.shows(/Connection accepted/);
        run.child.kill('SIGINT');
      },
    );
    expect(printed[1]).toBe(printed[0]);
    expect(codes).toEqual([0, 0]);
  });

  test('both say the same of a destination that refuses', async () => {
    await using world = await World.start();
    const parameters = { portNumber: String(await closedPort()) };
    const { printed, codes } = await both(
      world,
      (of) => of.session('AWS-StartSSHSession', parameters),
      async () => {},
    );
    expect(printed[1]).toBe(printed[0]);
    expect(codes).toEqual([0, 0]);
  });

  test('both print what a command printed', async () => {
    await using world = await World.start();
    const parameters = { command: `sh -c 'echo out; exit 3'` };
    const { printed, codes } = await both(
      world,
      (of) => of.session('AWS-StartNonInteractiveCommand', parameters),
      async () => {},
    );
    expect(printed[0]).toContain('out\n');
    expect(printed[1]).toBe(printed[0]);
    expect(codes).toEqual([0, 0]);
  });
});
