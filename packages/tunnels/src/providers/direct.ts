import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { LinkError, type LinkCause, type LinkFailure } from '../link/failure.js';
import type { DirectVia, Target } from '../spec.js';
import { targetsText, targetText } from '../target-text.js';
import type { Link, LinkDescription, Provider } from './provider.js';

/** Connections made by this machine itself, without a link: for tests, and for a preset where everything is local. */
export const directProvider: Provider<DirectVia> = {
  kind: 'direct',
  open: async () => openDirect(),
  describe: (_via, forwards): LinkDescription => ({
    commands: [],
    summary: `Connects to ${targetsText(forwards)} from this machine.`,
  }),
};

function openDirect(): Link {
  let finish: (failure: LinkFailure | undefined) => void;
  const ended = new Promise<LinkFailure | undefined>((resolve) => {
    finish = resolve;
  });
  const connections = new Set<Duplex>();
  const close = async (): Promise<void> => {
    for (const connection of connections) connection.destroy();
    finish(undefined);
  };
  return {
    ended,
    pids: [],
    check: async () => undefined,
    close,
    [Symbol.asyncDispose]: close,
    async dial(target, { signal } = {}) {
      const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
      try {
        await once(socket, 'connect', { signal });
      } catch (error) {
        socket.destroy();
        throw new LinkError(failureOf(target, error), { cause: error });
      }
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
      return socket;
    },
  };
}

const causes: Readonly<Record<string, LinkCause>> = {
  ECONNREFUSED: 'target-refused',
  ENOENT: 'target-refused',
  ENOTFOUND: 'resolve',
  EAI_AGAIN: 'resolve',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
};

function failureOf(target: Target, error: unknown): LinkFailure {
  const errno = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return {
    cause: causes[errno] ?? 'other',
    message: `Connecting to ${targetText(target)} failed: ${errno === '' ? String(error) : errno}.`,
    hint: 'Check that the application runs and listens there.',
    permanent: false,
  };
}
