import type { ExecutionRequest } from '@hawser/exec-client/contract';
import type { RunFlags } from './flags.js';
import { readPairs, readSecretNames, readVariables } from './pairs.js';

/** What the flags of a run say of it, in the names of the wire; what they do not say is missing. */
export function requestOfFlags(
  flags: RunFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Partial<ExecutionRequest> {
  return present({
    repo: flags.repo,
    no_repo: flags['no-repo'] || undefined,
    branch: flags.branch,
    workdir: flags.workdir,
    image: flags.image,
    entrypoint: flags.entrypoint,
    env: flags.env && readVariables(flags.env, environment),
    secrets: flags.secret && readSecretNames(flags.secret),
    timeout_seconds: secondsOf(flags.timeout),
    grace_seconds: secondsOf(flags.grace),
    labels: flags.label && readPairs(flags.label, 'label'),
    lock: flags.lock,
    lock_policy: flags['lock-policy'],
    lock_timeout_seconds: secondsOf(flags['lock-timeout']),
    isolation: flags.isolation,
    runner: flags.runner,
    role: flags.role,
    cpu: flags.cpu,
    memory: flags.memory,
    disk: flags.disk,
    platform: flags.platform,
    attachable: flags.attachable || undefined,
    git_credentials: flags['git-credentials'],
  });
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.ceil(ms / 1000);
}

function present(request: {
  readonly [Key in keyof ExecutionRequest]: ExecutionRequest[Key] | undefined;
}): Partial<ExecutionRequest> {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}
