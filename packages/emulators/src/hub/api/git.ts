import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refusal, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { createBareRepository, type BareRepository } from '../git/bare.js';
import { flush, packetLine } from '../git/packet-lines.js';
import { GitMissing, runGit, type GitRun } from '../git/program.js';
import type { Hub } from '../state/hub.js';
import type { Space } from '../state/spaces.js';
import { receive } from './receive-pack.js';

const repo = '^/spaces/([^/]+)/([^/]+?)(?:\\.git)?';
/** Largest body of a fetch or a push. */
const maxBodyBytes = 512 << 20;
const zero = '0'.repeat(40);

/**
 * Clones, fetches and pushes over smart HTTP (gitprotocol-http(5)). Packs are made and unpacked by `git`; the
 * repository itself is ours, and what a push may do is judged here.
 */
export function gitRoutes(hub: Hub): readonly Route[] {
  const bares = new WeakMap<Space, BareRepository>();
  const bareOf = (space: Space): BareRepository => {
    const known = bares.get(space);
    if (known) return known;
    const bare = createBareRepository(join(hub.lfs.folder, 'git', space.internalId), space.repository);
    bares.set(space, bare);
    return bare;
  };
  return [
    {
      method: 'GET',
      path: new RegExp(`${repo}/info/refs$`, 'u'),
      answer: async (call) => {
        const service = call.query.get('service');
        if (service === 'git-upload-pack') return await advertise(bareOf(requireReadable(hub, call)), call);
        if (service === 'git-receive-pack') return advertiseReceiving(requireWritable(hub, call));
        throw new Refusal(403, 'Only smart HTTP is spoken here.');
      },
    },
    {
      method: 'POST',
      path: new RegExp(`${repo}/git-upload-pack$`, 'u'),
      answer: async (call) => {
        const bare = bareOf(requireReadable(hub, call));
        await bare.write();
        const run = await uploadPack(bare, await bodyOf(call), call, []);
        return { status: 200, headers: noCache('application/x-git-upload-pack-result'), body: run.stdout };
      },
    },
    {
      method: 'POST',
      path: new RegExp(`${repo}/git-receive-pack$`, 'u'),
      answer: async (call) => {
        const space = requireWritable(hub, call);
        const body = await receive(hub, space, bareOf(space), await bodyOf(call), call.signal).catch(missing);
        return { status: 200, headers: noCache('application/x-git-receive-pack-result'), body };
      },
    },
  ];
}

/** Git asks its person for a name and a password when it is told 401, and not before. */
function requireReadable(hub: Hub, call: Call): Space {
  return challenged(() => hub.space(call, 'read'));
}

function requireWritable(hub: Hub, call: Call): Space {
  return challenged(() => hub.space(call, 'write'));
}

function challenged(look: () => Space): Space {
  try {
    return look();
  } catch (error) {
    if (error instanceof Refusal && error.status === 401)
      throw new Refusal(401, error.message, { headers: { 'WWW-Authenticate': 'Basic realm="Hugging Face"' } });
    throw error;
  }
}

async function advertise(bare: BareRepository, call: Call): Promise<Answer> {
  await bare.write();
  const run = await uploadPack(bare, Buffer.alloc(0), call, ['--advertise-refs']);
  const chunks: Buffer[] = [];
  for await (const chunk of run.stdout) chunks.push(chunk as Buffer);
  return {
    status: 200,
    headers: noCache('application/x-git-upload-pack-advertisement'),
    body: Buffer.concat([packetLine('# service=git-upload-pack\n'), Buffer.from(flush), ...chunks]),
  };
}

function uploadPack(bare: BareRepository, input: Buffer, call: Call, options: readonly string[]): Promise<GitRun> {
  const protocol = call.headers['git-protocol'];
  return runGit(['upload-pack', '--stateless-rpc', ...options, bare.folder], {
    input,
    signal: call.signal,
    ...(typeof protocol === 'string' ? { protocol } : {}),
  }).catch(missing);
}

function missing(error: unknown): never {
  if (error instanceof GitMissing) throw new Refusal(501, 'This Hub finds no git on its PATH, and cannot be cloned.');
  throw error;
}

function advertiseReceiving({ repository }: Space): Answer {
  const refs = [...repository.refs].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const lines = (refs.length === 0 ? [['capabilities^{}', zero] as const] : refs).map(([name, oid], index) =>
    packetLine(`${oid} ${name}${index === 0 ? '\0report-status delete-refs side-band-64k agent=hawser' : ''}\n`),
  );
  return {
    status: 200,
    headers: noCache('application/x-git-receive-pack-advertisement'),
    body: Buffer.concat([packetLine('# service=git-receive-pack\n'), Buffer.from(flush), ...lines, Buffer.from(flush)]),
  };
}

async function bodyOf(call: Call): Promise<Buffer> {
  const body = await call.body.buffer(maxBodyBytes);
  if (call.headers['content-encoding'] !== 'gzip') return body;
  return await promisify(gunzip)(body, { maxOutputLength: maxBodyBytes });
}

function noCache(type: string): Readonly<Record<string, string>> {
  return { 'Content-Type': type, 'Cache-Control': 'no-cache' };
}
