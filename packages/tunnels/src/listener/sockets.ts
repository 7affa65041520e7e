import { readFile, readdir, readlink } from 'node:fs/promises';

/** A process that holds a socket, where the system tells. */
export interface SocketOwner {
  readonly pid?: number;
  /** What it was started as, e.g. `node server.js`; at most 200 characters. */
  readonly program?: string;
  readonly uid?: number;
}

interface TableRow {
  readonly localPort: number;
  readonly remotePort: number;
  readonly state: string;
  readonly uid: number;
  readonly inode: string;
}

/** State `TCP_LISTEN` of `include/net/tcp_states.h`. */
const LISTEN = '0A';

/** Who listens on a TCP port of this machine; undefined where nobody does, or the system does not tell (not Linux). */
export async function listenerOf(port: number): Promise<SocketOwner | undefined> {
  const rows = (await tcpTable()).filter((row) => row.state === LISTEN && row.localPort === port);
  if (rows.length === 0) return undefined;
  const owners = await ownersOf(new Set(rows.map((row) => row.inode)));
  return owners.get(rows[0]!.inode) ?? [...owners.values()][0] ?? { uid: rows[0]!.uid };
}

/**
 * Who is at the other end of connections to a local port, by the port at their end. Linux only: empty elsewhere, and
 * without those whose process may not be seen.
 */
export async function clientsOf(
  port: number,
  clientPorts: readonly number[],
): Promise<ReadonlyMap<number, SocketOwner>> {
  const wanted = new Set(clientPorts);
  if (wanted.size === 0) return new Map();
  const rows = (await tcpTable()).filter((row) => row.remotePort === port && wanted.has(row.localPort));
  const owners = await ownersOf(new Set(rows.map((row) => row.inode)));
  const clients = new Map<number, SocketOwner>();
  for (const row of rows) {
    const owner = owners.get(row.inode);
    if (owner) clients.set(row.localPort, owner);
  }
  return clients;
}

/**
 * The TCP sockets of this network namespace.
 *
 * @see proc_pid_net(5) on `/proc/net/tcp`: addresses and ports in hexadecimal, then the state, the user and the inode
 */
async function tcpTable(): Promise<readonly TableRow[]> {
  const texts = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(none)),
  );
  return texts.flatMap((text) => text.split('\n').slice(1).flatMap(rowOf));
}

function rowOf(line: string): TableRow[] {
  const [, local, remote, state, , , , uid, , inode] = line.trim().split(/\s+/);
  if (local === undefined || remote === undefined || state === undefined || inode === undefined) return [];
  return [{ localPort: portIn(local), remotePort: portIn(remote), state, uid: Number(uid), inode }];
}

function portIn(address: string): number {
  return Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
}

/** Finds the processes that hold sockets, by looking at every descriptor we may see. */
async function ownersOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, SocketOwner>> {
  const found = new Map<string, SocketOwner>();
  if (inodes.size === 0) return found;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const folder = `/proc/${pid}/fd`;
    const descriptors = await readdir(folder).catch(() => []);
    const links = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(none)));
    for (const link of links) {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode === undefined || !inodes.has(inode) || found.has(inode)) continue;
      found.set(inode, { pid: Number(pid), ...(await programOf(pid)) });
    }
    if (found.size === inodes.size) break;
  }
  return found;
}

async function programOf(pid: string): Promise<{ readonly program?: string }> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(none);
  const program = command.replaceAll('\0', ' ').trim().slice(0, 200);
  return program === '' ? {} : { program };
}

function none(): string {
  return '';
}
