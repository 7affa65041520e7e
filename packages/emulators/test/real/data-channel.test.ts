import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { MessageType, parseChannelClosed, PayloadType, type ChannelMessage } from '@hawser/ssm-channel/codec';
import { ResumeSessionCommand } from '@aws-sdk/client-ssm';
import { startBench } from '../support/emulator.js';
import { createMux } from '@hawser/ssm-channel/smux';

type TraceRow = readonly [string, string, number | string, number, number, string];
const traces = (
  JSON.parse(readFileSync(new URL('../fixtures/ssm-traces.json', import.meta.url), 'utf8')) as {
    readonly traces: Readonly<
      Record<
        'shell' | 'portMux' | 'nonInteractiveSeparateOutput' | 'nonInteractiveCommandNotFound',
        readonly TraceRow[]
      >
    >;
  }
).traces;

const closing = async (frame: Promise<ChannelMessage>): Promise<string> =>
  parseChannelClosed((await frame).payload).output;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a shell', () => {
  test('says what the recorded shell session says', async () => {
    const bench = await startBench();
    const client = await bench.open();
    await client.prints('# ');
    client.send(PayloadType.Size, '{"cols":300,"rows":100}');
    client.send(PayloadType.Output, 'echo hi-$((1+1))\n');
    await client.prints('hi-2\r\n# ');
    client.send(PayloadType.Output, 'exit\n');
    const closed = await client.frame(MessageType.ChannelClosed);

    const recorded = traces.shell.filter(([from, type]) => from === 'agent' && type === 'output_stream_data');
    expect(client.bytes().toString()).toBe(recorded.map((row) => row[5]).join(''));
    expect(client.data[0]!.flags).toBe(1);
    expect(client.data.slice(1).every(({ flags, payloadType }) => flags === 0 && payloadType === 1)).toBe(true);
    expect(client.data.map(({ sequenceNumber }) => Number(sequenceNumber))).toEqual(
      client.data.map((_, index) => index),
    );
    const states = client.frames.filter(({ messageType }) => messageType === MessageType.AgentSessionState);
    expect(
      states.map(({ flags, sequenceNumber, payload }) => [flags, sequenceNumber, JSON.parse(String(payload))]),
    ).toEqual(
      ['Connected', 'Terminating'].map((SessionState) => [
        3,
        0n,
        { SchemaVersion: 1, SessionState, SessionId: bench.emulator.sessions[0]!.id },
      ]),
    );
    const acknowledgements = client.frames.filter(({ messageType }) => messageType === MessageType.Acknowledge);
    expect(
      acknowledgements.map(({ flags, sequenceNumber, payloadType }) => [flags, sequenceNumber, payloadType]),
    ).toEqual(Array.from({ length: 3 }, () => [3, 0n, 0]));
    expect(closed.headerLength).toBe(112);
    expect(parseChannelClosed(closed.payload)).toMatchObject({ output: '', destinationId: 'i-0123456789abcdef0' });
    expect(bench.emulator.sessions[0]).toMatchObject({
      state: 'Terminated',
      clientVersion: '1.2.896.0',
      signature: 'none',
    });
  });

  test('takes the size of the window', async () => {
    const bench = await startBench();
    const client = await bench.open();
    await client.prints('# ');
    client.send(PayloadType.Size, '{"cols":101,"rows":33}');
    client.send(PayloadType.Output, 'stty size\n');
    expect(await client.prints('33 101\r\n')).toContain('stty size');
  });

  test('passes control bytes to the program in front', async () => {
    const bench = await startBench();
    const client = await bench.open();
    await client.prints('# ');
    // Until a program is in front and answers, a shell may keep a Ctrl-C for itself.
    client.send(PayloadType.Output, 'cat\nhere\n');
    await client.prints('here\r\nhere\r\n');
    client.send(PayloadType.Output, '\x03');
    // What is typed before the program is gone, it may still take with it.
    await client.prints('^C\r\n# ');
    client.send(PayloadType.Output, 'echo code=$?\n');
    expect(await client.prints('code=130\r\n')).toContain('^C');
  });

  test('runs the command of an interactive session and ends with it', async () => {
    const bench = await startBench();
    const client = await bench.open('AWS-StartInteractiveCommand', {
      command: 'printf "%s" "$((6*7))"; tty >/dev/null && echo " on a terminal"',
    });
    expect(await closing(client.frame(MessageType.ChannelClosed))).toBe('');
    expect(client.bytes().toString()).toBe('42 on a terminal\r\n');
  });

  test('goes on where it was after the socket was cut', async () => {
    const bench = await startBench();
    const grant = await bench.start();
    const client = await bench.connect(grant);
    await client.prints('# ');
    client.send(PayloadType.Output, 'x=still-$((1+1))\n');
    await client.acknowledged(0);
    const seen = client.data.length;
    bench.emulator.gateway.cut(grant.SessionId);
    expect(await client.closed).toEqual({ code: 1000, reason: 'Bye' });

    const again = await bench.ssm.send(new ResumeSessionCommand({ SessionId: grant.SessionId! }));
    expect(again.TokenValue).not.toBe(grant.TokenValue);
    const resumed = await bench.connect(again, { next: client.next, clientId: client.clientId });
    resumed.send(PayloadType.Output, 'echo $x\n');
    await resumed.acknowledged(1);
    const numbers = async (): Promise<readonly number[]> =>
      resumed.until(() => {
        const data = resumed.frames.filter(({ messageType }) => messageType === MessageType.OutputStreamData);
        return (
          data.some(({ payload }) => payload.includes('still-2\r\n')) &&
          data.map(({ sequenceNumber }) => Number(sequenceNumber))
        );
      });
    for (const number of await numbers()) expect(number).toBeGreaterThanOrEqual(seen - 1);
    expect(bench.emulator.sessions[0]!.reconnects).toBe(1);
  });

  test('refuses the old token after a resume, and every token the second time', async () => {
    const bench = await startBench();
    const grant = await bench.start();
    const again = await bench.ssm.send(new ResumeSessionCommand({ SessionId: grant.SessionId! }));
    const old = await bench.connect(grant);
    expect(await old.closed).toEqual({ code: 1008, reason: 'Invalid token' });
    const client = await bench.connect(again);
    await client.prints('# ');
    const second = await bench.connect(again);
    expect((await second.closed).code).toBe(1008);
  });
});

describe('a command without terminal', () => {
  const separate = { separateOutputStream: 'true' };
  const run = async (command: string, parameters: Readonly<Record<string, string>> = separate) => {
    const bench = await startBench();
    const client = await bench.open('AWS-StartNonInteractiveCommand', { command, ...parameters });
    await client.shakeHands();
    const closed = await client.frame(MessageType.ChannelClosed);
    return { client, output: parseChannelClosed(closed.payload).output };
  };

  test('sends its two outputs apart and its exit code last, as recorded', async () => {
    const { client, output } = await run(`sh -c 'echo out; echo err >&2; exit 42'`);
    const rows = traces.nonInteractiveSeparateOutput;
    expect(client.data.slice(0, 2).map(({ payloadType }) => payloadType)).toEqual([5, 7]);
    expect(client.bytes(PayloadType.Output).toString()).toBe('out\n');
    expect(client.bytes(PayloadType.StdErr).toString()).toBe(rows[4]![5]);
    expect(String(client.data.at(-1)!.payload)).toBe(rows[5]![5]);
    expect(client.data.at(-1)!.payloadType).toBe(rows[5]![4]);
    expect(output).toBe('');
  });

  test('reports a command that does not exist as recorded: the exit code comes first', async () => {
    const { client } = await run('nosuchcmd');
    const told = client.data
      .slice(2)
      .map(({ sequenceNumber, flags, payloadType, payload }) => [
        'agent',
        'output_stream_data',
        Number(sequenceNumber),
        flags,
        payloadType,
        String(payload),
      ]);
    expect(told).toEqual(traces.nonInteractiveCommandNotFound);
  });

  test('runs no shell: what looks like one is an argument', async () => {
    const { client } = await run(`printf '%s|' "a b" c\\ d '$HOME' ; echo`);
    expect(client.bytes().toString()).toBe('a b|c d|$HOME|;|echo|');
  });

  test('marks the beginning of every batch that begins a line', async () => {
    const { client } = await run(`sh -c 'echo one; echo two >&2'`, {
      ...separate,
      stdOutSeparatorPrefix: 'O:',
      stdErrSeparatorPrefix: 'E:',
    });
    expect(client.bytes(PayloadType.Output).toString()).toBe('O:one\n');
    expect(client.bytes(PayloadType.StdErr).toString()).toBe('E:two\n');
  });

  test('sends both outputs in one, and no exit code, when they are not to be apart', async () => {
    const { client } = await run(`sh -c 'echo out; echo err >&2; exit 3'`, {});
    expect(client.bytes().toString()).toBe('out\nerr\n');
    expect(client.data.some(({ payloadType }) => payloadType === PayloadType.ExitCode)).toBe(false);
  });

  test('turns a typed Ctrl-C into the signal, and reports a command ended by it as -1', async () => {
    const bench = await startBench();
    const client = await bench.open('AWS-StartNonInteractiveCommand', {
      // One program: a shell may keep the signal for itself between what it says and what it starts.
      command: `${process.execPath} -e 'console.log("ready"); setInterval(() => {}, 60_000)'`,
      ...separate,
    });
    await client.shakeHands();
    await client.prints('ready\n');
    client.send(PayloadType.Output, '\x03');
    await client.frame(MessageType.ChannelClosed);
    expect(client.bytes(PayloadType.ExitCode).toString()).toBe('EXIT_CODE: -1');
  });

  test('is ended with everything it started, when the session is', async () => {
    const bench = await startBench();
    const client = await bench.open('AWS-StartNonInteractiveCommand', {
      command: `sh -c 'sleep 63 & echo started by $$;'`,
      ...separate,
    });
    await client.shakeHands();
    const pid = Number(/by (\d+)\n/.exec(await client.prints('\n'))![1]);
    // The command itself is gone; what it started still holds its output open.
    while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
    await bench.emulator.close();
    expect(spawnSync('pgrep', ['-f', '^sleep 63$']).status).toBe(1);
  });

  test('loses no byte of 20 MiB', async () => {
    const { client } = await run('head -c 20971520 /dev/zero');
    expect(client.bytes().length).toBe(20_971_520);
  });
});

describe('a multiplexed port', () => {
  test('carries what the recorded session carries', async () => {
    const page = Buffer.alloc(70_000, 'x');
    const server = createServer((socket) => socket.end(page)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const bench = await startBench({ agent: { paced: true, version: '3.3.0.0' } });
    const client = await bench.open('AWS-StartPortForwardingSession', { portNumber: String(port) });
    const request = await client.shakeHands();
    await client.complete();
    const recorded = JSON.parse(traces.portMux[1]![5]) as {
      readonly RequestedClientActions: readonly { readonly ActionParameters: { readonly Properties: object } }[];
    };
    expect(request.agentVersion).toBe('3.3.0.0');
    expect(String(client.data[0]!.payload)).toBe(traces.portMux[1]![5].replace('9501', String(port)));
    expect(Object.keys(recorded.RequestedClientActions[0]!.ActionParameters.Properties)).toHaveLength(3);

    const mux = createMux({ role: 'client' });
    mux.open(0);
    client.send(PayloadType.Output, mux.next()!);
    const first = await client.message(2);
    // 0x8000 bytes of data are announced; 1016 of them fit into the first message.
    expect(first.payload.subarray(0, 8).toString('hex')).toBe('0102008003000000');
    expect(first.payload.length).toBe(1024);
    await client.until(() => client.bytes().length >= page.length + 3 * 8 + 8);
    server.close();
  });
});
