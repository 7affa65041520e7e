// One measurement of the client in a process of its own, so that its memory is its own.
// argv[2]: { kind, far, bytes, payloadBytes?, streams? } as JSON. Prints one line of JSON.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forwardPort, openSession } from '@hawser/ssm-channel';
import { createAwsApi } from '@hawser/ssm-channel/aws';
import { WebSocket } from 'ws';

const { kind, far, bytes, payloadBytes, rounds, streams, plugin } = JSON.parse(process.argv[2]);
const api = createAwsApi({ endpointUrl: far.endpoint, region: far.region, env: far.env });
const target = 'i-0123456789abcdef0';
const tuning = payloadBytes === undefined ? {} : { payloadBytes };
const BLOCK = Buffer.alloc(64 * 1024, 0x61);

const kinds = {
  upload,
  download,
  'floor-upload': floorUpload,
  'floor-download': floorDownload,
  echo,
  'floor-echo': floorEcho,
  fair,
  'plugin-upload': pluginUpload,
  'plugin-download': pluginDownload,
};
process.stdout.write(`${JSON.stringify(await kinds[kind]())}\n`);
process.exit(0);

async function upload() {
  return await withForward(far.sink, (port) => timed(async () => send(port, bytes)));
}

async function download() {
  return await withForward(far.source, (port) => timed(async () => receive(port, bytes)));
}

/** Many streams at once: the slowest beside the mean tells whether one was starved. */
async function fair() {
  return await withForward(far.source, async (port) => {
    const started = performance.now();
    const seconds = await Promise.all(
      Array.from({ length: streams }, async () => {
        await receive(port, bytes);
        return (performance.now() - started) / 1000;
      }),
    );
    return {
      slowestToMean: Math.max(...seconds) / (seconds.reduce((sum, value) => sum + value, 0) / streams),
      seconds: Math.max(...seconds),
    };
  });
}

async function pluginUpload() {
  return await withPlugin(far.sink, (port) => timed(async () => send(port, bytes)));
}

async function pluginDownload() {
  return await withPlugin(far.source, (port) => timed(async () => receive(port, bytes)));
}

/** The same through a plugin binary, handed over as the AWS CLI does it. */
async function withPlugin(port, measure) {
  const start = await api.startSession({
    target,
    document: 'AWS-StartPortForwardingSession',
    parameters: { portNumber: [String(port)], localPortNumber: ['0'] },
  });
  const response = JSON.stringify({
    SessionId: start.sessionId,
    TokenValue: start.tokenValue,
    StreamUrl: start.streamUrl,
  });
  // The official one leaves the socket that it multiplexes over in its temporary folder.
  const folder = mkdtempSync(join(tmpdir(), 'hawser-bench-plugin-'));
  const child = spawn(
    plugin,
    [response, far.region, 'StartSession', '', JSON.stringify({ Target: target }), far.endpoint],
    {
      env: { ...process.env, ...far.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  const local = await new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const opened = /Port (\d+) opened[^]*Waiting/.exec(said);
      if (opened) resolve(Number(opened[1]));
    });
  });
  await (port === far.sink ? send : receive)(local, 1024);
  const result = await measure(local);
  child.kill();
  await once(child, 'exit');
  rmSync(folder, { recursive: true, force: true });
  return result;
}

async function floorUpload() {
  const socket = new WebSocket(`ws://127.0.0.1:${far.floor}/upload`, { perMessageDeflate: false });
  await once(socket, 'open');
  const block = Buffer.alloc(payloadBytes, 0x61);
  const frames = Math.ceil(bytes / payloadBytes);
  return await timed(async () => {
    let acked = 0;
    let sent = 0;
    await new Promise((resolve) => {
      const pump = () => {
        while (sent < frames && (sent - acked) * payloadBytes < 4 << 20) {
          createHash('sha256').update(block).digest();
          socket.send(block);
          sent++;
        }
      };
      socket.on('message', () => {
        acked++;
        if (acked === frames) resolve();
        else pump();
      });
      pump();
    });
  });
}

async function floorDownload() {
  const socket = new WebSocket(`ws://127.0.0.1:${far.floor}/download?size=${payloadBytes}&bytes=${bytes}`, {
    perMessageDeflate: false,
  });
  return await timed(async () => {
    let missing = bytes;
    await new Promise((resolve) => {
      socket.on('message', (frame) => {
        createHash('sha256').update(frame).digest();
        socket.send(Buffer.alloc(296));
        missing -= frame.length;
        if (missing <= 0) resolve();
      });
    });
  });
}

async function echo() {
  const start = await api.startSession({
    target,
    document: 'AWS-StartSSHSession',
    parameters: { portNumber: [String(far.echo)] },
  });
  const session = await openSession({ start, api, target });
  return await keystrokes((key) => session.stdin.write(key), session.stdout);
}

async function floorEcho() {
  const socket = connect({ port: far.echo, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return await keystrokes((key) => socket.write(key), socket);
}

async function keystrokes(type, screen) {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const seen = once(screen, 'data');
    type('x');
    await seen;
    times.push(performance.now() - started);
  }
  times.sort((left, right) => left - right);
  return { p50: times[Math.floor(rounds * 0.5)], p99: times[Math.floor(rounds * 0.99)] };
}

async function withForward(port, measure) {
  const start = await api.startSession({
    target,
    document: 'AWS-StartPortForwardingSession',
    parameters: { portNumber: [String(port)], localPortNumber: ['0'] },
  });
  const forward = await forwardPort({ start, api, target, ...tuning });
  // The first connection loads what is loaded lazily.
  await (port === far.sink ? send : receive)(forward.address.port, 1024);
  return await measure(forward.address.port);
}

async function timed(work) {
  const idleRss = process.memoryUsage.rss();
  let peakRss = idleRss;
  const sampler = setInterval(() => {
    peakRss = Math.max(peakRss, process.memoryUsage.rss());
  }, 20);
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  clearInterval(sampler);
  return {
    seconds,
    mibPerSecond: bytes / 2 ** 20 / seconds,
    peakMiB: (Math.max(peakRss, process.memoryUsage.rss()) - idleRss) / 2 ** 20,
  };
}

async function send(port, length) {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const header = Buffer.alloc(8);
  header.writeBigUInt64BE(BigInt(length));
  socket.write(header);
  const answered = once(socket, 'data');
  for (let missing = length; missing > 0; missing -= BLOCK.length) {
    if (!socket.write(missing >= BLOCK.length ? BLOCK : BLOCK.subarray(0, missing))) await once(socket, 'drain');
  }
  await answered;
  socket.destroy();
}

async function receive(port, length) {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const header = Buffer.alloc(8);
  header.writeBigUInt64BE(BigInt(length));
  socket.write(header);
  await new Promise((resolve, reject) => {
    let missing = length;
    socket.on('data', (chunk) => {
      missing -= chunk.length;
      if (missing <= 0) resolve();
    });
    socket.on('error', reject);
    socket.on('end', () => (missing > 0 ? reject(new Error(`${missing} bytes are missing`)) : undefined));
  });
  socket.destroy();
}
