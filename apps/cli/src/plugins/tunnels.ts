import type { Duplex } from 'node:stream';
import type { TunnelLink, TunnelProvider } from '@hawser/cli-kit';
import { dataFolder, findExtensions, installedPlugins } from '@hawser/cli-kit/extensions';
import {
  type Link,
  LinkError,
  type LinkFailure,
  type PluginVia,
  type Provider,
  type Target,
  TunnelsError,
  type TunnelSpec,
  type Via,
} from '@hawser/tunnels';
import { unlessAborted } from '../wiring/abort.js';
import { saidBy } from './said-by.js';

/** Names of the providers that the person's plugins add; none of them is loaded. */
export function providerNames(): readonly string[] {
  return providers().map(({ name }) => name);
}

/**
 * Holds what tunnels say to providers of plugins against the schema of each.
 *
 * @throws TunnelsError HAWSER_NET_CONFIG_INVALID
 * @throws CliKitError HAWSER_CLI_EXTENSION_BROKEN
 */
export async function checkPluginVias(specs: readonly TunnelSpec[]): Promise<void> {
  for (const { name, via } of specs) {
    for (const each of viasOf(via)) if (each.kind === 'plugin') await checkSettings(name, each);
  }
}

/**
 * Makes links by the providers of plugins, found when a link is wanted: what is installed meanwhile counts. Those of
 * `described` can say how they make theirs.
 */
export async function pluginProvider(described: readonly TunnelSpec[] = []): Promise<Provider<PluginVia>> {
  const sentences = new Map<string, TunnelProvider>();
  for (const via of described.flatMap((spec) => viasOf(spec.via))) {
    if (via.kind === 'plugin') sentences.set(via.provider, await loaded(via.provider));
  }
  return {
    kind: 'plugin',
    async open({ provider: name, settings }, options) {
      const { targets, runtimeDirectory, signal, onDebug } = options;
      if (options.through) throw new LinkError(failureOf(name, new Error('it cannot go through another link'), true));
      const provider = await loaded(name);
      const input = { targets, runtimeDirectory, signal, onDebug };
      return linkOf(name, await open(name, provider, settings, input));
    },
    describe: ({ provider, settings }) => {
      const summary = sentences.get(provider)?.describe?.(settings) ?? `Opened by ${provider}, which a plugin adds.`;
      return { commands: [], summary };
    },
  };
}

async function open(
  name: string,
  provider: TunnelProvider,
  ...input: Parameters<TunnelProvider['open']>
): Promise<TunnelLink> {
  const [, { signal }] = input;
  let opening: Promise<TunnelLink> | undefined;
  try {
    opening = provider.open(...input);
    return await unlessAborted(opening, signal);
  } catch (thrown) {
    // A link that comes too late is nobody's.
    if (signal.aborted) void opening?.then((link) => link.close()).catch(() => undefined);
    return refuse(name, thrown);
  }
}

function providers(): ReturnType<typeof findExtensions<'tunnel-provider'>> {
  return findExtensions('tunnel-provider', installedPlugins(dataFolder(process.env)));
}

async function loaded(name: string): Promise<TunnelProvider> {
  const found = providers().find((each) => each.name === name);
  if (!found) {
    const message = `No plugin that is installed has a provider '${name}' of tunnels.`;
    const hint = 'hawser plugins lists what is installed.';
    throw new LinkError({ cause: 'config', message, hint, permanent: true });
  }
  return await found.load().catch((thrown: unknown) => refuse(name, thrown, true));
}

async function checkSettings(tunnel: string, { provider: name, settings }: PluginVia): Promise<void> {
  const found = providers().find((each) => each.name === name);
  if (!found) return;
  const { schema } = await found.load();
  const { complaintsOf } = await import('./complaints-of.js');
  const complaints = complaintsOf(schema, settings);
  if (complaints.length === 0) return;
  throw new TunnelsError(
    'HAWSER_NET_CONFIG_INVALID',
    `What ${tunnel} says to ${name}, a provider of ${found.plugin}, cannot stand:\n${complaints.join('\n')}`,
    { hint: `Its documentation says what may stand beside kind: ${name}.`, details: { tunnel, plugin: found.plugin } },
  );
}

function linkOf(name: string, link: TunnelLink): Link {
  const close = async (): Promise<void> => {
    await link.close();
  };
  return {
    ended: link.ended.then(
      (why) => (why === undefined ? undefined : failureOf(name, new Error(why))),
      (thrown: unknown) => failureOf(name, thrown),
    ),
    pids: [],
    close,
    [Symbol.asyncDispose]: close,
    async dial(target: Target, options = {}): Promise<Duplex> {
      return await link.dial(target, options).catch((thrown: unknown) => refuse(name, thrown));
    },
    async check(options) {
      await link.check?.(options).catch((thrown: unknown) => refuse(name, thrown));
    },
  };
}

function refuse(name: string, thrown: unknown, permanent = false): never {
  if (thrown instanceof Error && thrown.name === 'AbortError') throw thrown;
  throw new LinkError(failureOf(name, thrown, permanent), { cause: thrown });
}

/** What a provider throws is an error with a sentence; `permanent` and `hint` are taken where it has them. */
function failureOf(name: string, thrown: unknown, permanent = false): LinkFailure {
  const { permanent: itself, hint } = (thrown ?? {}) as { readonly permanent?: unknown; readonly hint?: unknown };
  return {
    cause: 'other',
    message: `${name}: ${saidBy(thrown)}`,
    hint: typeof hint === 'string' ? hint : `It comes from a plugin: its documentation may say more.`,
    permanent: permanent || itself === true,
  };
}

function viasOf(via: Via): readonly Via[] {
  return via.kind === 'chain' ? via.hops.flatMap(viasOf) : [via];
}
