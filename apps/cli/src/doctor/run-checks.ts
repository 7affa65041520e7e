import { isHawserError, type DoctorCheck, type DoctorInput, type Extension, type Finding } from '@hawser/cli-kit';
import type { DoctorReport } from './checked.js';
import { awsIdentity } from './checks/aws-identity.js';
import { currentContext, envFiles, kubectl, prefect } from './checks/contexts.js';
import { execBackend, git, sandbox } from './checks/exec.js';
import { configFolder, disk, stateFolder } from './checks/folders.js';
import { leftovers } from './checks/leftovers.js';
import { ssh, supervisor, tunnelsFile } from './checks/net.js';
import { node } from './checks/node.js';
import { plugins } from './checks/plugins.js';
import { cluster, githubToken, hub } from './checks/services.js';
import { pty, sessionsService } from './checks/sessions.js';
import { sessionManagerPlugin } from './checks/session-manager-plugin.js';
import { withoutLogins } from './hide-secrets.js';

/** Our own checks, in the order in which they are shown. */
export function ownChecks(config: Parameters<typeof plugins>[0]): readonly DoctorCheck[] {
  return [
    node,
    stateFolder,
    configFolder,
    disk,
    leftovers,
    awsIdentity,
    sessionManagerPlugin,
    ssh,
    supervisor,
    tunnelsFile,
    currentContext,
    kubectl,
    prefect,
    envFiles,
    git,
    execBackend,
    sandbox('exec'),
    sessionsService,
    sandbox('sessions'),
    pty,
    hub,
    githubToken,
    cluster,
    plugins(config),
  ];
}

/** Checks of other topics that a topic stands on. */
const alsoFor: Readonly<Record<string, readonly string[]>> = {
  ecs: ['aws-identity', 'session-manager-plugin'],
  aws: ['aws-identity'],
  env: ['net-supervisor', 'context'],
  hf: ['git'],
  setup: ['git', 'net-supervisor', 'tunnels-file', 'aws-identity', 'context', 'env-files'],
};

/** Topics that can be asked about. */
export function topicsOf(checks: readonly DoctorCheck[]): readonly string[] {
  return [...new Set([...checks.map(({ topic }) => topic), ...Object.keys(alsoFor)])];
}

/** What a run of the doctor is made with. */
export interface RunOptions extends DoctorInput {
  readonly checks: readonly DoctorCheck[];
  /** Checks of plugins, not loaded yet. */
  readonly added?: readonly Extension<DoctorCheck>[];
  /** Only those of this topic. */
  readonly topic?: string | undefined;
  /** Mends what is ours. */
  readonly fix: boolean;
}

/** All checks, side by side, ours before those of plugins. */
export async function runChecks(options: RunOptions): Promise<readonly DoctorReport[]> {
  const { checks, added = [], topic } = options;
  const isAsked = (check: DoctorCheck): boolean =>
    topic === undefined || check.topic === topic || (alsoFor[topic]?.includes(check.id) ?? false);
  const [own, foreign] = await Promise.all([
    Promise.all(checks.filter(isAsked).map((check) => run(check, options))),
    Promise.all(added.map((extension) => runAdded(extension, options, isAsked))),
  ]);
  return [...own, ...foreign.filter((each) => each !== undefined)];
}

async function run(check: DoctorCheck, options: RunOptions): Promise<DoctorReport> {
  const found = await look(check, options);
  if (!options.fix || check.mend === undefined || (found.state !== 'warn' && found.state !== 'fail')) {
    return report(check, found);
  }
  let mended: string;
  try {
    mended = await check.mend(options, found);
  } catch (error) {
    options.signal.throwIfAborted();
    return report(check, { ...found, found: `${found.found}; it could not be mended: ${messageOf(error)}` });
  }
  // What it is like now: mending may not have been enough.
  return mended === ''
    ? report(check, found)
    : { ...report(check, await look(check, options)), mended: withoutLogins(mended) };
}

/** A check that breaks says so itself, and breaks nothing else. */
async function look(check: DoctorCheck, options: RunOptions): Promise<Finding> {
  try {
    return await check.look(options);
  } catch (error) {
    options.signal.throwIfAborted();
    return { state: 'warn', found: `could not be looked at: ${messageOf(error)}` };
  }
}

async function runAdded(
  extension: Extension<DoctorCheck>,
  options: RunOptions,
  isAsked: (check: DoctorCheck) => boolean,
): Promise<DoctorReport | undefined> {
  const { name, plugin } = extension;
  const about = { id: name, title: name, topic: 'plugins', neededFor: `what ${plugin} adds`, plugin };
  const next = `Update it, or take it out: hawser plugins uninstall ${plugin}`;
  const work = async (): Promise<DoctorReport | undefined> => {
    const check = await extension.load();
    return isAsked(check) ? { ...(await run(check, options)), plugin } : undefined;
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = new Error(`no answer within ${options.timeoutMs / 1000} s`);
    timer = setTimeout(() => reject(reason), options.timeoutMs);
  });
  try {
    return await Promise.race([work(), late]);
  } catch (error) {
    options.signal.throwIfAborted();
    const found = isHawserError(error) ? error.message : `The check ${name} of ${plugin} fails: ${messageOf(error)}`;
    return { ...about, state: 'warn', found: withoutLogins(found), next, facts: {} };
  } finally {
    clearTimeout(timer);
  }
}

function report(
  { id, title, topic, neededFor }: DoctorCheck,
  { state, found, next, facts = {} }: Finding,
): DoctorReport {
  const clean = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, withoutLogins(value)]));
  return {
    id,
    title,
    topic,
    neededFor,
    state,
    found: withoutLogins(found),
    ...(next ? { next: withoutLogins(next) } : {}),
    facts: clean,
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
