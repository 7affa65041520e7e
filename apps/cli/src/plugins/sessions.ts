import { join } from 'node:path';
import { findExtensions, type InstalledPlugin } from '@hawser/cli-kit/extensions';
import { SessionsError } from '@hawser/k8s-sessions';
import type { SourceFetcher } from '@hawser/k8s-sessions/fetch';
import { unlessAborted } from '../wiring/abort.js';
import { saidBy } from './said-by.js';

/** What the service of this machine needs to know of plugins that fetch sources. */
export interface PluginSources {
  /** As much of them as the runner has to know. */
  readonly plugins: readonly InstalledPlugin[];
  /** The package of each scheme, by a file in it. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Which plugins fetch sources, of which schemes; none of their modules is loaded. */
export function sourcesOfPlugins(installed: readonly InstalledPlugin[]): PluginSources {
  const found = installed.map((plugin) => ({ plugin, extensions: findExtensions('session-source', [plugin]) }));
  return {
    plugins: found.flatMap(({ plugin: { name, root, pjson }, extensions }) =>
      extensions.length > 0 ? [{ name, root, pjson: { hawser: (pjson as { hawser?: unknown }).hawser } }] : [],
    ),
    sources: Object.fromEntries(
      found.flatMap(({ plugin, extensions }) =>
        extensions.map(({ name }) => [name, join(plugin.root, 'package.json')]),
      ),
    ),
  };
}

/**
 * Who fetches sources of a scheme. `plugins` are the service's, as JSON: the runner may see nothing of the data folder.
 *
 * @throws SessionsError HAWSER_SESSIONS_SOURCE_FAILED when its plugin is broken, or there is none
 */
export async function fetcherOf(scheme: string, plugins: string): Promise<SourceFetcher> {
  const sources = findExtensions('session-source', JSON.parse(plugins) as readonly InstalledPlugin[]);
  const found = sources.find(({ name }) => name === scheme);
  if (!found) throw failed(`No plugin fetches sources of ${scheme}: any more`);
  const source = await found.load().catch((cause: unknown) => {
    throw failed(saidBy(cause), cause);
  });
  return async (url, options) => {
    try {
      return await unlessAborted(source.fetch(url, options), options.signal);
    } catch (cause) {
      throw failed(`${found.plugin} could not fetch the source: ${saidBy(cause)}`, cause);
    }
  };
}

function failed(message: string, cause?: unknown): SessionsError {
  return new SessionsError('HAWSER_SESSIONS_SOURCE_FAILED', message, { cause });
}
