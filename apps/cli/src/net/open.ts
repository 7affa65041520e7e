import { isDeepStrictEqual } from 'node:util';
import type { Context } from '@hawser/cli-kit';
import type { OnPortConflict, TunnelEvent, TunnelsError, TunnelSpec, TunnelStatus } from '@hawser/tunnels';
import type { SupervisorClient, WaitFor } from '@hawser/tunnels/supervisor';
import { CliError } from '../errors.js';

/** What is to be opened, and how far it is waited for. */
export interface OpenRequest {
  readonly specs: readonly TunnelSpec[];
  readonly wait: WaitFor;
  readonly timeoutMs?: number | undefined;
  /** The flags said which set the tunnels belong to; else it is that of tunnels that are open already. */
  readonly labelled: boolean;
}

/** Tunnels that are up. */
export interface Opened {
  readonly tunnels: readonly TunnelStatus[];
  /** Those of them that were not open before. */
  readonly fresh: readonly string[];
}

/**
 * Opens tunnels and waits for them, asking the person at the terminal what to do when a port is taken, and letting
 * them log in at a bastion. What is open already, as it is wanted, is left as it is.
 */
export async function openTunnels(
  client: SupervisorClient,
  { specs, wait, timeoutMs, labelled }: OpenRequest,
  { ask, out, signal }: Pick<Context, 'ask' | 'out' | 'signal'>,
): Promise<Opened> {
  const { tunnels: before } = await client.status();
  let wanted = specs.map((spec) => asOpen(spec, before, labelled));
  let answered: OnPortConflict | undefined;
  let loggedIn = false;
  const title = `Opening ${specs.map(({ name }) => name).join(', ')}`;
  for (;;) {
    const asked = ask.interactive ? wanted.map((spec) => ({ onPortConflict: answered ?? 'fail', ...spec })) : wanted;
    try {
      const tunnels = await out.step(title, async (step) =>
        client.up(asked, {
          wait,
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          onEvent: (event) => step.progress(progressOf(event)),
          signal,
        }),
      );
      const known = new Set(before.map(({ spec }) => spec.name));
      return { tunnels, fresh: tunnels.map(({ spec }) => spec.name).filter((name) => !known.has(name)) };
    } catch (error) {
      if (!ask.interactive || !(error instanceof Error)) throw error;
      const { code } = error as Partial<TunnelsError>;
      if (code === 'HAWSER_NET_PORT_IN_USE' && answered === undefined && wanted.some(mayAsk)) {
        answered = await askAboutPort(error as TunnelsError, { ask, out });
      } else if (code === 'HAWSER_NET_NEEDS_AUTH' && !loggedIn) {
        loggedIn = true;
        const { authenticateFor } = await import('./authenticate.js');
        if (!(await authenticateFor(wanted, error as TunnelsError, { out, signal }))) throw error;
      } else throw error;
      // Somebody may have closed the last tunnel meanwhile, and opened others.
      wanted = specs.map((spec) => asOpen(spec, before, labelled));
    }
  }
}

function mayAsk({ onPortConflict }: TunnelSpec): boolean {
  return onPortConflict === undefined;
}

/** A tunnel as it is open already, when what differs was only filled in for want of anything said. */
function asOpen(spec: TunnelSpec, open: readonly TunnelStatus[], labelled: boolean): TunnelSpec {
  const there = open.find((each) => each.spec.name === spec.name)?.spec;
  if (!there) return spec;
  const filled: TunnelSpec = {
    ...spec,
    ...(labelled ? {} : { set: there.set }),
    ...(spec.onPortConflict === undefined && there.onPortConflict !== undefined
      ? { onPortConflict: there.onPortConflict }
      : {}),
  };
  return isDeepStrictEqual(filled, there) ? there : spec;
}

async function askAboutPort(error: TunnelsError, { ask, out }: Pick<Context, 'ask' | 'out'>): Promise<OnPortConflict> {
  const { port, path } = (error.details ?? {}) as { readonly port?: number; readonly path?: string };
  for (;;) {
    const answer = await ask.choose({
      question: `${path ?? `Port ${port}`} is taken. What now?`,
      flag: '--on-port-conflict',
      choices: [
        ...(path === undefined ? [{ name: 'Take the next free port', value: 'next' as const }] : []),
        { name: 'Say who owns it', value: 'who' as const },
        { name: 'Abort', value: 'abort' as const },
      ],
    });
    if (answer === 'next') return answer;
    if (answer === 'abort') throw new CliError('HAWSER_NET_DECLINED', 'Nothing was opened.', { cause: error });
    out.say(error.message);
  }
}

/** An event on one line, for whoever waits. */
export function progressOf({ tunnel, text }: TunnelEvent): string {
  return tunnel === undefined ? text : `${tunnel}: ${text}`;
}
