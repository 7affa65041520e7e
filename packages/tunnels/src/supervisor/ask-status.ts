import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { openStore } from '@hawser/state-store';
import type { SupervisorStatus } from '../status.js';
import { createLineCutter } from './lines.js';
import { type Greeting, PROTOCOL, type Reply, type Request } from './protocol.js';
import { runtimeBases } from './runtime-bases.js';
import type { LocatedProject, NetDocument } from './seam.js';

/** How long a supervisor may take before it is left to those who can do more about it, in milliseconds. */
const ANSWER_MS = 2_000;

/**
 * Asks the supervisor on record for its status, by the shortest way there is: a status is asked for by prompts and
 * scripts, again and again. `null` when the record says that nothing is open. Undefined when this way does not lead
 * there (the supervisor was killed, is suspended, or of another version): `connectSupervisor` then clears away what is
 * dead and says what is wrong.
 */
export async function askStatus(options: LocatedProject): Promise<SupervisorStatus | null | undefined> {
  const record = readRecord(options);
  if (record === undefined) return undefined;
  const { supervisor, tunnels = [] } = record;
  if (!supervisor) return tunnels.length === 0 ? null : undefined;
  const socket = connect(supervisor.socket);
  const timer = setTimeout(() => socket.destroy(), ANSWER_MS);
  try {
    return await statusOf(socket, supervisor.instance);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** What is written down. Undefined for what cannot be read at a glance. */
function readRecord({ from, env = process.env }: LocatedProject): Partial<NetDocument> | undefined {
  const { directory } = openStore({ from, env });
  try {
    const { version, data } = JSON.parse(readFileSync(join(directory, 'net.json'), 'utf8')) as {
      readonly version?: unknown;
      readonly data?: Partial<NetDocument>;
    };
    return version === 2 ? data : undefined;
  } catch (error) {
    if (!isMissing(error)) return undefined;
    // Somebody may have removed the record of a supervisor. Which folder would be this project's takes a digest to tell,
    // and most often there is none of any project.
    return runtimeBases(env).every(hasNoSupervisor) ? {} : undefined;
  }
}

function hasNoSupervisor(base: string): boolean {
  try {
    return readdirSync(base).every((project) => readdirSync(join(base, project)).length === 0);
  } catch (error) {
    return isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The answer on a socket that greets as it should; undefined for any other end. */
async function statusOf(socket: Socket, instance: string): Promise<SupervisorStatus | undefined> {
  const cutter = createLineCutter();
  return new Promise((resolve) => {
    let greeted = false;
    const take = (line: string): void => {
      const said = JSON.parse(line) as Greeting & Reply;
      if (!greeted) {
        greeted = said.hawser === 'net' && said.protocol === PROTOCOL && said.instance === instance;
        if (greeted) socket.write(`${JSON.stringify({ id: 1, op: 'status' } satisfies Request)}\n`);
        else resolve(undefined);
      } else if ('id' in said && said.id === 1) resolve('ok' in said ? (said.ok as SupervisorStatus) : undefined);
    };
    socket.on('data', (bytes) => {
      try {
        for (const line of cutter.push(bytes) ?? []) take(line);
      } catch {
        resolve(undefined);
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(undefined));
  });
}
