import { TunnelsError } from '../errors.js';
import { connectSupervisor } from './connect.js';
import { placesOf } from './places.js';
import { AlreadySupervised } from './record.js';
import type { Foreground, ForegroundOptions } from './seam.js';
import { serve } from './serve.js';

/**
 * Supervises a project in this process, for containers, service managers and CI: the same supervisor, which others
 * reach by `connectSupervisor` as they reach one that was started detached. It leaves when its last tunnel is closed.
 *
 * @throws TunnelsError HAWSER_NET_EXISTS when another process supervises the project
 */
export async function runForeground(options: ForegroundOptions): Promise<Foreground> {
  const { providers, drainMs } = options;
  const runProbe = options.runProbe ?? (await import('../probe/index.js')).runProbe;
  const served = await serve({ places: placesOf(options), providers, runProbe, drainMs }).catch((error: unknown) => {
    if (!(error instanceof AlreadySupervised)) throw error;
    throw new TunnelsError(
      'HAWSER_NET_EXISTS',
      `The tunnels of this project are kept by process ${error.pid} already.`,
      {
        hint: 'Close them with hawser net down --all, or open yours there, without --foreground.',
        details: { pid: error.pid },
        cause: error,
      },
    );
  });
  const client = await connectSupervisor(options);
  if (!client) throw new TunnelsError('HAWSER_NET_SUPERVISOR_FAILED', 'The supervisor left at once.');
  const close = async (): Promise<void> => {
    await served.stop();
    await client.close();
  };
  return { client, ended: served.ended, close, [Symbol.asyncDispose]: close };
}
