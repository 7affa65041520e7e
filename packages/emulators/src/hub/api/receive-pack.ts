import { Refusal } from '../http/answer.js';
import type { BareRepository } from '../git/bare.js';
import { flush, packetLine, readPacketLines } from '../git/packet-lines.js';
import { runGit } from '../git/program.js';
import { judgeTree } from '../state/draft.js';
import type { Hub } from '../state/hub.js';
import { mainRef, type Space } from '../state/spaces.js';

interface Command {
  readonly from: string;
  readonly to: string;
  readonly ref: string;
}

const zero = '0'.repeat(40);

/** Takes a push: unpacks it, judges every ref by what it would bring, and answers what became of each. */
export async function receive(
  hub: Hub,
  space: Space,
  bare: BareRepository,
  body: Buffer,
  signal: AbortSignal,
): Promise<Buffer> {
  const request = readPacketLines(body);
  if (!request) throw new Refusal(400, 'This is no push.');
  const [first = Buffer.alloc(0)] = request.lines;
  const isBanded = first.includes('side-band-64k');
  const commands = request.lines.map(readCommand);
  const report: string[] = [];
  if (request.rest.length > 0) {
    await bare.write();
    const run = await runGit(['-C', bare.folder, 'unpack-objects', '-q', '--strict'], { input: request.rest, signal });
    run.stdout.resume();
    const { code, stderr } = await run.ended;
    if (code !== 0) return answer([`unpack ${stderr.split('\n')[0]}`], isBanded);
  }
  report.push('unpack ok');
  for (const command of commands) report.push(await update(hub, space, bare, command));
  return answer(report, isBanded);
}

function readCommand(line: Buffer): Command {
  const [command = ''] = line.toString().split('\0');
  const [from = '', to = '', ref = ''] = command.trim().split(' ');
  if (!/^[0-9a-f]{40}$/u.test(from) || !/^[0-9a-f]{40}$/u.test(to) || !ref.startsWith('refs/'))
    throw new Refusal(400, 'This is no push.');
  return { from, to, ref };
}

async function update(hub: Hub, space: Space, bare: BareRepository, { from, to, ref }: Command): Promise<string> {
  const { repository } = space;
  const objects = to === zero ? new Map<string, never>() : await bare.read(to);
  if (!objects) return `ng ${ref} missing necessary objects`;
  // Nothing waits from here on: the ref is what was judged.
  if ((repository.refs.get(ref) ?? zero) !== from) return `ng ${ref} the ref has moved`;
  if (to === zero) {
    if (ref === mainRef) return `ng ${ref} the main branch cannot be deleted`;
    repository.refs.delete(ref);
    return `ok ${ref}`;
  }
  for (const { type, body } of objects.values()) repository.put(type, body);
  const before = from === zero ? undefined : repository.facts(from).tree;
  const wrong = judgeTree(hub, space, before, repository.facts(to).tree);
  if (wrong !== undefined) return `ng ${ref} ${wrong}`;
  repository.refs.set(ref, to);
  if (ref === mainRef) hub.moved(space);
  return `ok ${ref}`;
}

function answer(report: readonly string[], isBanded: boolean): Buffer {
  const lines = Buffer.concat([...report.map((line) => packetLine(`${line}\n`)), Buffer.from(flush)]);
  return isBanded ? Buffer.concat([packetLine(Buffer.concat([Buffer.from([1]), lines])), Buffer.from(flush)]) : lines;
}
