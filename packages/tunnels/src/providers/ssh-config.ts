import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LinkError } from '../link/failure.js';
import type { SshVia } from '../spec.js';
import { showConfigArgv } from './ssh-argv.js';
import { findProgram } from './ssh-process.js';
import { classifyEnd } from './ssh-stderr.js';
import { sshNames, type SshSettings } from './ssh-settings.js';

/** What ssh makes of all its configuration for one host. */
export interface EffectiveConfig {
  readonly hostname: string;
  readonly port: number;
  readonly user: string;
  /** What stands between this machine and the host, if anything. */
  readonly proxy: string | undefined;
  readonly identityFiles: readonly string[];
  /** Files of known hosts that ssh looks into. */
  readonly knownHosts: readonly string[];
}

/**
 * Asks ssh itself (`ssh -G`), without connecting.
 *
 * @throws LinkError `config` or `tool-missing`
 */
export async function effectiveConfig(
  via: SshVia,
  options: { readonly config: string; readonly settings: SshSettings; readonly signal: AbortSignal },
): Promise<EffectiveConfig> {
  const { config, settings, signal } = options;
  const program = findProgram(settings.program);
  try {
    const { stdout } = await promisify(execFile)(program, [...showConfigArgv(via, config)], { signal });
    return parseEffectiveConfig(stdout);
  } catch (error) {
    if (signal.aborted) throw error;
    const stderr = String((error as { readonly stderr?: unknown }).stderr ?? error);
    const failure = classifyEnd({ code: 255, signal: null, stderr, wasUp: false }, sshNames(via));
    throw new LinkError({ ...failure, cause: 'config', permanent: true }, { cause: error });
  }
}

/** Reads what `ssh -G` prints: a keyword in lower case and its value on each line. */
export function parseEffectiveConfig(text: string): EffectiveConfig {
  const lines = text
    .split('\n')
    .map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)] as const);
  const all = (keyword: string): string[] => lines.filter(([name]) => name === keyword).map(([, value]) => value);
  const proxy = [...all('proxyjump'), ...all('proxycommand')].find((value) => value !== 'none');
  return {
    hostname: all('hostname')[0] ?? '',
    port: Number(all('port')[0] ?? 22),
    user: all('user')[0] ?? '',
    proxy,
    identityFiles: all('identityfile'),
    knownHosts: [...all('userknownhostsfile'), ...all('globalknownhostsfile')].flatMap((files) => files.split(' ')),
  };
}
