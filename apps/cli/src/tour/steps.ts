import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { copyFromTarget, copyToTarget, forwardPort, openSession } from '@hawser/ssm-channel';
import type { AwsApi } from '@hawser/ssm-channel/aws';

/** What every step of the tour works with. */
export interface TourGround {
  readonly api: AwsApi;
  readonly target: string;
  readonly signal: AbortSignal;
}

/** One step: what is done, and what its outcome proves. */
export interface TourStep {
  readonly title: string;
  /** Resolves with the sentence that was proved; rejects when it was not. */
  prove(ground: TourGround): Promise<string>;
}

/** The steps in the order they are shown. */
export const tourSteps: readonly TourStep[] = [
  { title: 'Open a shell session and run a command in it', prove: shell },
  { title: 'Forward a port and fetch a page through it', prove: port },
  { title: 'Run a command and pass on its exit code', prove: command },
  { title: 'Copy a file up and down, and compare digests', prove: copy },
];

async function shell({ api, target, signal }: TourGround): Promise<string> {
  const session = await openSession({ start: await api.startSession({ target }, { signal }), api, target, signal });
  session.stderr.resume();
  session.stdin.write('echo "answer-$((6 * 7)) from $(uname -s)"; exit\n');
  const line = /answer-42 from \S+/.exec(await text(session.stdout))?.[0];
  const end = await session.ended;
  if (line === undefined || end.reason !== 'exited') throw new Error(`the shell answered nothing and ${end.reason}`);
  return `a real shell on a terminal answered: ${line}`;
}

async function port({ api, target, signal }: TourGround): Promise<string> {
  const page = `behind the bastion ${randomBytes(4).toString('hex')}`;
  const web = createServer((_request, response) => response.end(page)).listen(0, '127.0.0.1');
  try {
    await once(web, 'listening', { signal });
    const { port: remotePort } = web.address() as AddressInfo;
    const start = await api.startSession(
      {
        target,
        document: 'AWS-StartPortForwardingSession',
        parameters: { portNumber: [String(remotePort)], localPortNumber: ['0'] },
      },
      { signal },
    );
    const forward = await forwardPort({ start, api, target, signal });
    try {
      const url = `http://127.0.0.1:${forward.address.port}/`;
      const answer = await fetch(url, { signal });
      if ((await answer.text()) !== page) throw new Error(`${url} gave another page`);
      return `${url} gave the page of port ${remotePort} on the target, through one multiplexed session`;
    } finally {
      await forward.close();
    }
  } finally {
    web.closeAllConnections();
    web.close();
  }
}

async function command({ api, target, signal }: TourGround): Promise<string> {
  const start = await api.startSession(
    {
      target,
      document: 'AWS-StartNonInteractiveCommand',
      parameters: { command: [`sh -c 'echo out; echo err >&2; exit 7'`], separateOutputStream: ['true'] },
    },
    { signal },
  );
  const session = await openSession({ start, api, target, signal });
  const [out, err] = await Promise.all([text(session.stdout), text(session.stderr)]);
  const { exitCode } = await session.ended;
  if (out !== 'out\n' || err !== 'err\n' || exitCode !== 7)
    throw new Error(`got stdout ${out}, stderr ${err}, exit code ${exitCode}`);
  return "`sh -c 'exit 7'` ended with 7, its stdout and stderr apart";
}

async function copy({ api, target, signal }: TourGround): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hawser-tour-'));
  try {
    const content = randomBytes(1 << 20);
    const [local, remote, back] = ['up.bin', 'remote.bin', 'down.bin'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(local, content);
    await copyToTarget({ api, target, from: local, to: remote, signal });
    await copyFromTarget({ api, target, from: remote, to: back, signal });
    const digests = [content, await readFile(remote), await readFile(back)].map((bytes) =>
      createHash('sha256').update(bytes).digest('hex'),
    );
    if (new Set(digests).size !== 1) throw new Error(`digests differ: ${digests.join(', ')}`);
    return `1 MiB went up and came back, sha256 ${digests[0]?.slice(0, 16)}… at all three places`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
