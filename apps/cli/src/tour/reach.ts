import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startSsmEmulator } from '@hawser/emulators/ssm';
import { copyFromTarget, copyToTarget, openSession } from '@hawser/ssm-channel';
import { type AwsApi, createAwsApi } from '@hawser/ssm-channel/aws';
import type { Act, TourGround } from './act.js';
import { sha256, shortened } from './digest.js';

/** A machine that only Session Manager reaches: a shell on it, a command, a file there and back. */
export const reach: Act = {
  id: 'reach',
  title: 'A machine behind Session Manager',
  async play(ground) {
    const { after, env, folder, signal } = ground;
    const emulator = await startSsmEmulator({ agent: { environment: { ...env, HISTFILE: '' }, directory: folder } });
    after(() => emulator.close());
    const api = createAwsApi({ endpointUrl: emulator.endpoint, region: emulator.region, env: emulator.env });
    after(() => api[Symbol.dispose]());
    const on = { api, target: emulator.targets[0]?.id ?? '', signal };
    return [await openShell(on), await runCommand(on), await copyThereAndBack(on, ground)];
  },
};

interface On {
  readonly api: AwsApi;
  readonly target: string;
  readonly signal: AbortSignal;
}

async function openShell({ api, target, signal }: On): Promise<string> {
  const session = await openSession({ start: await api.startSession({ target }, { signal }), api, target, signal });
  session.stderr.resume();
  session.stdin.write('echo "answer-$((6 * 7)) from $(uname -s)"; exit\n');
  const line = /answer-42 from \S+/.exec(await text(session.stdout))?.[0];
  const end = await session.ended;
  if (line === undefined || end.reason !== 'exited') throw new Error(`the shell answered nothing and ${end.reason}`);
  return `A real shell on a terminal of ${target} answered: ${line}`;
}

async function runCommand({ api, target, signal }: On): Promise<string> {
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
  if (out !== 'out\n' || err !== 'err\n' || exitCode !== 7) {
    throw new Error(`got stdout ${out}, stderr ${err}, exit code ${exitCode}`);
  }
  return 'A command ended with its own exit code, 7, its stdout and stderr apart';
}

async function copyThereAndBack({ api, target, signal }: On, { folder }: TourGround): Promise<string> {
  const content = randomBytes(1 << 20);
  const [local, remote, back] = [join(folder, 'up.bin'), join(folder, 'remote.bin'), join(folder, 'down.bin')];
  await writeFile(local, content);
  await copyToTarget({ api, target, from: local, to: remote, signal });
  await copyFromTarget({ api, target, from: remote, to: back, signal });
  const digests = [content, await readFile(remote), await readFile(back)].map(sha256);
  if (new Set(digests).size !== 1) throw new Error(`digests differ: ${digests.join(', ')}`);
  return `1 MiB went there and came back: sha256 ${shortened(digests[0] ?? '')} at all three places`;
}
