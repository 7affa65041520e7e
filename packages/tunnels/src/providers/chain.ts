import { mkdir } from 'node:fs/promises';
import { LinkError, type LinkFailure } from '../link/failure.js';
import type { ChainVia, Target, Via } from '../spec.js';
import type { Providers } from '../supervisor/seam.js';
import { targetsText } from '../target-text.js';
import type { DiagnoseOptions, Forwarding, Hop, Link, LinkDescription, OpenLinkOptions, Provider } from './provider.js';
import { KEEPALIVE, plainArgv } from './ssh-argv.js';

/**
 * Links one through the other: each makes its own by dialling through the one before, and the last dials the targets.
 * A hop that is lost takes those behind it along, and its failure is the chain's.
 *
 * Only ssh can stand behind another hop: it alone makes its link over a connection that it is given.
 */
export function createChainProvider(providers: Providers): Provider<ChainVia> {
  return {
    kind: 'chain',
    open: async (via, options) => await openChain(via, options, providers),
    describe: describeChain,
    diagnose: (via, target, options) => diagnoseChain(via, target, options, providers),
  };
}

async function openChain(via: ChainVia, options: OpenLinkOptions, providers: Providers): Promise<Link> {
  checkChain(via);
  const links: Link[] = [];
  const close = async (): Promise<void> => {
    for (const link of links.toReversed()) await link.close();
  };
  try {
    for (const [index, hop] of via.hops.entries()) {
      const before = links.at(-1) ?? options.through;
      const opening = openHop(hop, providers, {
        ...options,
        targets: index === via.hops.length - 1 ? options.targets : [],
        runtimeDirectory: await ownDirectory(options.runtimeDirectory, index),
        ...(before ? { through: before } : {}),
      });
      links.push(await orLost(opening, links, via));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return joined(via, links, close);
}

async function openHop(hop: Via, providers: Providers, options: OpenLinkOptions): Promise<Link> {
  const provider = await providers[hop.kind]();
  return await provider.open(hop, options);
}

/** A hop that waits for an answer would wait in vain once one before it is gone. */
async function orLost(opening: Promise<Link>, before: readonly Link[], via: ChainVia): Promise<Link> {
  const lost = firstLost(before, via).then((failure) => {
    throw new LinkError(failure ?? endedFailure());
  });
  lost.catch(() => undefined);
  try {
    return await Promise.race([opening, ...(before.length > 0 ? [lost] : [])]);
  } catch (error) {
    opening.then(async (late) => await late.close()).catch(() => undefined);
    throw error;
  }
}

function joined(via: ChainVia, links: readonly Link[], close: () => Promise<void>): Link {
  const last = links.at(-1) as Link;
  let isClosing = false;
  const renewals = links.flatMap(({ renewAtMs }) => (renewAtMs === undefined ? [] : [renewAtMs]));
  const closeAll = async (): Promise<void> => {
    isClosing = true;
    await close();
  };
  const ended = firstLost(links, via).then(async (failure) => {
    if (isClosing) return undefined;
    await closeAll();
    return failure ?? endedFailure();
  });
  return {
    ended,
    get pids() {
      return links.flatMap(({ pids }) => pids);
    },
    ...(renewals.length > 0 ? { renewAtMs: Math.min(...renewals) } : {}),
    dial: async (target, dialOptions) => await last.dial(target, dialOptions),
    // A round trip through the last link goes through all of them.
    check: async (checkOptions) => await last.check(checkOptions),
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

/** Why the chain broke. Where several hops end together, the one in front is why. */
async function firstLost(links: readonly Link[], via: ChainVia): Promise<LinkFailure | undefined> {
  const ends = links.map(async ({ ended }, index) => ({ index, failure: await ended }));
  let first = await Promise.race(ends);
  for (const end of ends.slice(0, first.index).toReversed()) {
    const earlier = await Promise.race([end, settleSoon()]);
    if (earlier?.failure) first = earlier;
  }
  const { index, failure } = first;
  const behind = via.hops[index + 1];
  if (!failure || !behind) return failure;
  return {
    ...failure,
    message: `${nameOf(behind)} lost the way to it, ${nameOf(via.hops[index] as Via)}: ${failure.message}`,
  };
}

/** How long a hop in front may take to say that it ended, after one behind it did. */
const SETTLE_MS = 100;

async function settleSoon(): Promise<undefined> {
  return await new Promise((resolve) => {
    setTimeout(() => resolve(undefined), SETTLE_MS);
  });
}

async function* diagnoseChain(
  via: ChainVia,
  target: Target,
  options: DiagnoseOptions,
  providers: Providers,
): AsyncIterable<Hop> {
  checkChain(via);
  let through = options.through;
  const links: Link[] = [];
  try {
    for (const [index, hop] of via.hops.entries()) {
      const provider = await providers[hop.kind]();
      const hopOptions = {
        ...options,
        runtimeDirectory: await ownDirectory(options.runtimeDirectory, index),
        ...(through ? { through } : {}),
      };
      let failed = false;
      for await (const found of provider.diagnose?.(hop, target, hopOptions) ?? []) {
        failed ||= found.verdict === 'fail';
        yield { ...found, detail: `${nameOf(hop)}: ${found.detail}` };
      }
      if (failed || index === via.hops.length - 1) return;
      through = await provider.open(hop, {
        ...hopOptions,
        targets: [],
        onChild: async () => undefined,
        onDebug: () => undefined,
      });
      links.push(through);
    }
  } finally {
    for (const link of links.toReversed()) await link.close();
  }
}

function describeChain(via: ChainVia, forwards: readonly Forwarding[]): LinkDescription {
  const commands = via.hops.flatMap((hop, index) => {
    if (hop.kind !== 'ssh-bastion') return [];
    const next = via.hops[index + 1];
    if (next?.kind !== 'ssh-bastion') return [plainArgv(hop, forwards, KEEPALIVE)];
    return [plainArgv(hop, [{ to: { host: next.host, port: next.port ?? 22 } }], KEEPALIVE)];
  });
  return {
    commands,
    summary: `Connects to ${targetsText(forwards) || 'nothing yet'} by ${via.hops.map(nameOf).join(', then ')}.`,
  };
}

function checkChain(via: ChainVia): void {
  const wrong = whatIsWrong(via);
  if (wrong === undefined) return;
  const hint = 'Correct the hops of the chain: anything first, then hosts by ssh.';
  throw new LinkError({ cause: 'config', message: wrong, hint, permanent: true });
}

function whatIsWrong({ hops }: ChainVia): string | undefined {
  if (hops.length === 0) return 'The chain has no hop.';
  const misplaced = hops.slice(1).find(({ kind }) => kind !== 'ssh-bastion');
  return misplaced && `A link of the kind ${misplaced.kind} cannot go through another.`;
}

/** A hop in words. */
function nameOf(via: Via): string {
  if (via.kind === 'ssh-bastion') return `ssh to ${via.host}`;
  if (via.kind === 'ssm') return `Session Manager to ${via.target}`;
  return via.kind === 'plugin' ? via.provider : via.kind;
}

function endedFailure(): LinkFailure {
  return {
    cause: 'closed',
    message: 'A link of the chain was closed.',
    hint: 'It is made again.',
    permanent: false,
  };
}

/** Short, because paths of sockets are. */
async function ownDirectory(parent: string, index: number): Promise<string> {
  const path = `${parent}/${index}`;
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
