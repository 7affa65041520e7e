import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeReal } from '../../../../test/support/counterparts.js';
import { Program } from '../../../../test/support/program.js';
import { Terminal } from '../../../../test/support/terminal.js';
import { echoServer, exchange } from '../support/net.js';
import { spyOnHandOver, target, World } from '../support/plugin.js';

/** How each CLI hands a session to the plugin: measured, see the README of the fixtures. */
const clis = [
  { name: 'aws-cli-v1', handOver: 'environment', endpoint: () => [] },
  // This version takes its endpoint from the command line only.
  { name: 'aws-cli-v2', handOver: 'argv', endpoint: (url: string) => ['--endpoint-url', url] },
] as const;

describeReal(
  clis.map(({ name }) => name),
  (path) => {
    let world: World;
    beforeAll(async () => {
      world = await World.start();
    });
    afterAll(async () => {
      await world[Symbol.asyncDispose]();
    });

    /** A shell in a terminal runs the CLI and tells its exit code: Ctrl-C reaches all of them, as at a person's prompt. */
    const inShell = (file: string, args: readonly string[]): Terminal =>
      new Terminal('sh', ['-c', 'trap : INT; "$0" "$@"; echo "code=$?."; read _', file, ...args], {
        env: world.env,
        size: { columns: 88, rows: 28 },
      });

    for (const { name, handOver, endpoint } of clis) {
      /** The words of a command and its options, and further ones with spaces in them. */
      const words = (command: string, ...more: string[]): string[] => [
        ...endpoint(world.ssm.endpoint),
        ...command.split(' '),
        ...more,
      ];
      const aws = (command: string, ...more: string[]): Program =>
        new Program(path(name), words(command, ...more), { env: world.env });

      test(`${name} hands over by ${handOver}, and our plugin knows it`, async () => {
        await using spied = await spyOnHandOver(world);
        await using run = new Program(path(name), words(`ssm start-session --target ${target}`), {
          env: spied.env,
          input: 'exit\n',
        });
        expect(await run.ended).toEqual({ code: 0, signal: null });
        const call = (await spied.calls()).find(([first]) => first !== '--version') ?? [];
        expect(call.length).toBe(6);
        expect(call.slice(1, 4)).toEqual(['us-east-1', 'StartSession', '']);
        if (handOver === 'environment') expect(call[0]).toBe('AWS_SSM_START_SESSION_RESPONSE');
        else expect(JSON.parse(call[0] ?? '')).toMatchObject({ StreamUrl: expect.stringMatching(/^ws:/) });
        expect(run.stderr).toBe('');
      });

      test(`${name} start-session: a shell in a real terminal, with Ctrl-C for the far side`, async () => {
        using terminal = inShell(path(name), words(`ssm start-session --target ${target}`));
        await terminal.shows(/Starting session with SessionId: [^]*\$ $/);
        terminal.type('stty size\r');
        await terminal.shows(/28 88\r\n/);
        // Until a program is in front and answers, a shell may keep a Ctrl-C for itself.
        terminal.type('cat\rhere\r');
        await terminal.shows(/here\r\n[^]*here\r\n/);
        terminal.type('\x03');
        await terminal.shows(/\^C[^]*\$ $/);
        terminal.type('exit\r');
        await terminal.shows(/Exiting session with sessionId: /);
        expect((await terminal.shows(/code=(\d+)\./))[1]).toBe('0');
      });

      test(`${name} start-session: a forwarded port, until Ctrl-C`, async () => {
        await using echo = await echoServer();
        using terminal = inShell(
          path(name),
          words(
            `ssm start-session --target ${target} --document-name AWS-StartPortForwardingSession --parameters`,
            JSON.stringify({ portNumber: [String(echo.port)], localPortNumber: ['0'] }),
          ),
        );
        const [, port] = await terminal.shows(
          /Port (\d+) opened for sessionId \S+\.\r\nWaiting for connections\.\.\.\r\n/,
        );
        expect(await exchange(Number(port), 'through the CLI')).toBe('through the CLI');
        terminal.type('\x03');
        await terminal.shows(/Terminate signal received, exiting\.\r\n\r\n\r\nExiting session with sessionId: /);
        expect((await terminal.shows(/code=(\d+)\./))[1]).toBe('0');
      });

      test(`${name} start-session: the one connection of an SSH document`, async () => {
        await using echo = await echoServer();
        await using run = aws(
          `ssm start-session --target ${target} --document-name AWS-StartSSHSession --parameters portNumber=${echo.port}`,
        );
        run.type('SSH-2.0-ours\r\n');
        await run.shows(/\nStarting session with SessionId: \S+\nSSH-2\.0-ours\r\n/);
        run.child.stdin.end();
        expect(await run.ended).toEqual({ code: 0, signal: null });
      });

      test(`${name} start-session: a command with separate output`, async () => {
        await using run = aws(
          `ssm start-session --target ${target} --document-name AWS-StartNonInteractiveCommand --parameters`,
          JSON.stringify({ command: ["sh -c 'echo out; exit 3'"], separateOutputStream: ['true'] }),
        );
        expect(await run.ended).toEqual({ code: 0, signal: null });
        expect(run.text).toContain('out\nEXIT_CODE: 3');
      });

      test(`${name} execute-command: probes without words, then a command in a container, resumed over the SSM API`, async () => {
        await using run = aws(
          'ecs execute-command --cluster default --task 0123456789abcdef0123456789abcdef --container app --interactive --command /bin/sh',
        );
        await run.shows(
          /The Session Manager plugin was installed successfully[^]*Starting session with SessionId: [^]*\$ $/,
        );
        world.ssm.gateway.cut();
        run.type('echo in-$((1+1))\n');
        await run.shows(/in-2\r\n/);
        run.type('exit\n');
        expect(await run.ended).toEqual({ code: 0, signal: null });
        expect(world.ssm.calls.at(-1)).toMatchObject({ operation: 'OpenDataChannel' });
        expect(world.ssm.calls.some(({ operation }) => operation === 'ExecuteCommand')).toBe(true);
      });
    }
  },
);
