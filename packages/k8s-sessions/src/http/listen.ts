import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SessionsError } from '../errors.js';

/** Whoever sends headers slowly is not waited for, in milliseconds. */
export const headersTimeoutMs = 10_000;

/**
 * Puts a server on a port.
 *
 * @param port - 0 takes any that is free
 * @returns the URL to ask it at
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when the port cannot be had
 */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    const why = (error as Error).message;
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `Cannot listen on ${host} port ${port}: ${why}.`, {
      hint: 'Choose another port, or 0 for any that is free.',
      cause: error,
    });
  }
  // A connection that could not be accepted is lost alone.
  server.on('error', () => undefined);
  const { port: bound } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}
