import { LinkError } from '../link/failure.js';
import { runProbe } from '../probe/index.js';
import type { Hop, Link, Provider } from '../providers/provider.js';
import type { ProbeSpec, Target, Via } from '../spec.js';
import type { Providers } from '../supervisor/seam.js';
import { targetText } from '../target-text.js';

/** What {@link diagnose} goes, and with what. */
export interface DiagnoseTunnelOptions {
  readonly via: Via;
  readonly to: Target;
  /** Default: `tcp`. */
  readonly probe?: ProbeSpec;
  readonly providers: Providers;
  /** An empty folder of mode 0700 with a short path, for sockets; left to the caller to remove. */
  readonly runtimeDirectory: string;
  /** How long the connection to the target and its probe may take, together; default 10,000. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/**
 * Goes the way of a tunnel step by step, over a link of its own, and ends after the first step that fails: names,
 * addresses, keys, credentials as its provider knows them, then forwarding, the target, and the application behind it.
 * What is wrong with the tunnel is what the last hop says.
 */
export async function* diagnose(options: DiagnoseTunnelOptions): AsyncIterable<Hop> {
  const { via, to, providers, runtimeDirectory, signal } = options;
  const provider = await providers[via.kind]();
  try {
    for await (const hop of provider.diagnose?.(via, to, { signal, runtimeDirectory }) ?? []) {
      yield hop;
      if (hop.verdict === 'fail') return;
    }
    await using link = await openPlain(provider, options);
    yield* reachTarget(link, options);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LinkError)) throw error;
    yield { hop: 'session', verdict: 'fail', detail: error.failure.message, hint: error.failure.hint };
  }
}

async function openPlain(provider: Provider, options: DiagnoseTunnelOptions): Promise<Link> {
  const { via, to, runtimeDirectory, signal } = options;
  return await provider.open(via, {
    targets: [to],
    runtimeDirectory,
    signal,
    onChild: async () => undefined,
    onDebug: () => undefined,
  });
}

async function* reachTarget(link: Link, options: DiagnoseTunnelOptions): AsyncIterable<Hop> {
  const { to, probe = { kind: 'tcp' }, timeoutMs = 10_000, signal } = options;
  const name = targetText(to);
  const started = performance.now();
  let refusal: LinkError | undefined;
  let connected = false;
  const result = await runProbe({
    probe,
    target: to,
    timeoutMs,
    signal,
    dial: async (dialSignal) => {
      try {
        const connection = await link.dial(to, { signal: dialSignal });
        connected = true;
        return connection;
      } catch (error) {
        if (error instanceof LinkError) refusal = error;
        throw error;
      }
    },
  });
  signal.throwIfAborted();
  const ms = performance.now() - started;
  if (refusal?.failure.cause === 'forward-denied') {
    yield { hop: 'forward', verdict: 'fail', detail: refusal.failure.message, hint: refusal.failure.hint, ms };
    return;
  }
  yield { hop: 'forward', verdict: 'pass', detail: 'Forwarding is allowed.' };
  if (!connected || (!result.ok && result.at !== 'application')) {
    const { message, hint } = result.ok ? { message: '', hint: '' } : result;
    yield { hop: 'target', verdict: 'fail', detail: message, hint, ms };
    return;
  }
  yield { hop: 'target', verdict: 'pass', detail: `${name} takes connections.` };
  yield result.ok
    ? { hop: 'application', verdict: 'pass', detail: result.detail, ms: result.latencyMs }
    : { hop: 'application', verdict: 'fail', detail: result.message, hint: result.hint, ms };
}
