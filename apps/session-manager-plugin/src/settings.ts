import { CLIENT_VERSION } from '@hawser/ssm-channel/codec';
import type { LogLevel } from './log.js';
import { logLevels } from './log.js';

/** What the environment says about how the plugin behaves, in both forms. */
export interface Settings {
  /** Official client version we stand for. `HAWSER_PLUGIN_VERSION`. */
  readonly version: string;
  /** End with the remote exit code. `HAWSER_PLUGIN_EXIT_CODE=remote`. */
  readonly remoteExitCode: boolean;
  /** Nothing but the session's bytes on stdout. `HAWSER_PLUGIN_QUIET=1`. */
  readonly quiet: boolean;
  /** `HAWSER_PLUGIN_LOG_FILE`. */
  readonly logFile: string | undefined;
  /** `HAWSER_PLUGIN_LOG_LEVEL`: error, warn, info (default) or debug. */
  readonly logLevel: LogLevel;
  /** No AWS credentials are looked for: nothing is signed, resumed or terminated. `SSM_PLUGIN_SKIP_CLIENT_CONFIGURE=true`, as in the original. */
  readonly withoutAws: boolean;
}

/** Reads the settings. What cannot be understood counts as not given: a caller's session must not fail for it. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const level = logLevels.find((name) => name === env['HAWSER_PLUGIN_LOG_LEVEL']);
  return {
    version: reportedVersion(env),
    remoteExitCode: env['HAWSER_PLUGIN_EXIT_CODE'] === 'remote',
    quiet: isOn(env['HAWSER_PLUGIN_QUIET']),
    logFile: env['HAWSER_PLUGIN_LOG_FILE'] || undefined,
    logLevel: level ?? 'info',
    withoutAws: isOn(env['SSM_PLUGIN_SKIP_CLIENT_CONFIGURE']),
  };
}

/** The AWS CLI takes one to four numbers with dots between for a version, and compares agents' features by it. */
export function reportedVersion(env: NodeJS.ProcessEnv): string {
  const asked = env['HAWSER_PLUGIN_VERSION'] ?? '';
  return /^\d+(?:\.\d+){0,3}$/.test(asked) ? asked : CLIENT_VERSION;
}

function isOn(value: string | undefined): boolean {
  return value === '1' || value?.toLowerCase() === 'true';
}
