import type { ForeignCodec } from './codec.js';

/** The formats this package knows. */
export type ForeignFormat = 'dotenv' | 'json' | 'kubeconfig' | 'toml' | 'yaml';

/** What has to be known of a format before its parser is loaded. */
export interface FormatFacts {
  /** Permission bits of a file made by us; without them what the umask leaves of 0666. */
  readonly mode?: number;
  /** A lock that other programs use for such files, beside our own. */
  readonly peerLock?: (path: string) => string;
  readonly load: () => Promise<ForeignCodec>;
}

/** The parsers are loaded when a file is first read: an import of this package alone must cost nothing. */
export const FORMATS: Readonly<Record<ForeignFormat, FormatFacts>> = {
  dotenv: { mode: 0o600, load: async () => (await import('./dotenv.js')).dotenvCodec },
  json: { load: async () => (await import('./json.js')).jsonCodec },
  kubeconfig: {
    mode: 0o600,
    // client-go (tools/clientcmd/config.go, lockFile) creates this file exclusively while it writes.
    peerLock: (path) => `${path}.lock`,
    load: async () => (await import('./kubeconfig.js')).kubeconfigCodec,
  },
  toml: { load: async () => (await import('./toml.js')).tomlCodec },
  yaml: { load: async () => (await import('./yaml.js')).yamlCodec },
};
