import { access, constants } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute } from 'node:path';
import { isMap, readValue, textIn, valueIn } from '../files.js';
import { kubeconfigPaths, listFor } from '../kubeconfig/choose.js';
import type { ContextRecord, KubernetesPart, PrefectPart } from '../plan/contexts-document.js';
import { explainOverride, findOverrides } from '../prefect/overrides.js';
import { readProjectSettings } from '../prefect/project-settings.js';
import type { Environment, TunnelLookup } from '../types.js';
import { probePrefect } from './probe-prefect.js';

/** One thing that was looked at. */
export interface ContextCheck {
  readonly check:
    | 'prefect-profile'
    | 'prefect-active'
    | 'prefect-override'
    | 'prefect-server'
    | 'prefect-tunnel'
    | 'kubeconfig'
    | 'current-context'
    | 'token-program'
    | 'kube-tunnel';
  readonly verdict: 'pass' | 'warn' | 'fail';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string;
}

/** What a context is held against. */
export interface ExamineOptions {
  readonly name: string;
  readonly record: ContextRecord;
  readonly env: Environment;
  /** The working folder. */
  readonly directory: string;
  readonly home?: string;
  /** Asked when the context goes through a tunnel. */
  readonly tunnels?: TunnelLookup | undefined;
  /** How long to wait for Prefect's server, in milliseconds; 3,000 unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Looks whether a context is still what it was recorded as, whether it is the one in force, and whether what it points to
 * answers. Changes nothing; what cannot be read is a failed check.
 */
export async function examineContext(options: ExamineOptions): Promise<readonly ContextCheck[]> {
  const { prefect, kubernetes } = options.record;
  const parts = await Promise.all([
    ...(prefect === undefined ? [] : [examinePrefect(prefect, options)]),
    ...(kubernetes === undefined ? [] : [examineKubernetes(kubernetes, options)]),
  ]);
  return parts.flat();
}

async function examinePrefect(part: PrefectPart, options: ExamineOptions): Promise<ContextCheck[]> {
  const { name, env, directory, home = homedir() } = options;
  const again = `hawser ctx init ${name}`;
  const checks: ContextCheck[] = [];
  if (part.file === undefined) {
    return [failed('prefect-profile', 'it is not known which profiles file it is in', again)];
  }
  const { file, profile, apiUrl } = part;
  try {
    const value = await readValue(file, 'toml');
    const found = textIn(value, 'profiles', profile, 'PREFECT_API_URL');
    if (found === apiUrl) checks.push(passed('prefect-profile', `${profile} in ${file} points to ${apiUrl}`));
    else {
      const what = found === undefined ? `has no PREFECT_API_URL in ${file}` : `points to ${found}, not to ${apiUrl}`;
      checks.push(failed('prefect-profile', `${profile} ${what}`, `${again} --overwrite`));
    }
    const active = textIn(value, 'active');
    if (active === profile) checks.push(passed('prefect-active', `${profile} is the active profile`));
    else {
      checks.push(warned('prefect-active', `${active ?? 'no profile'} is active`, `hawser ctx use ${name}`));
    }
    const settings = await readProjectSettings({ env, directory, home });
    const overrides = findOverrides(settings, env, { profile, apiUrl });
    for (const override of overrides)
      checks.push({ check: 'prefect-override', verdict: 'warn', detail: explainOverride(override) });
  } catch (error) {
    checks.push(failed('prefect-profile', (error as Error).message));
  }
  const server = await probePrefect(apiUrl, options);
  checks.push(
    server.ok ? passed('prefect-server', server.detail) : failed('prefect-server', server.detail, server.next),
  );
  if (part.tunnel !== undefined) checks.push(...(await examineTunnel('prefect-tunnel', part.tunnel, apiUrl, options)));
  return checks;
}

async function examineKubernetes(part: KubernetesPart, options: ExamineOptions): Promise<ContextCheck[]> {
  const { name, env, directory, home = homedir() } = options;
  const { kubeconfig, context, server, tunnel } = part;
  const again = `hawser ctx init ${name} --eks-cluster ${part.cluster}`;
  if (kubeconfig === undefined) return [failed('kubeconfig', 'it is not known which kubeconfig it is in', again)];
  const checks: ContextCheck[] = [];
  const inForce = kubeconfigPaths({ env, directory, home });
  const paths = listFor(kubeconfig, inForce);
  try {
    const values = await Promise.all(paths.map((path) => readValue(path, 'kubeconfig')));
    const entryOf = (list: string, key: string, wanted: unknown): Readonly<Record<string, unknown>> | undefined => {
      const items = values.flatMap((value) => valueIn(value, list) ?? []);
      const found = items.find((item) => isMap(item) && item['name'] === wanted);
      const inner = valueIn(found, key);
      return isMap(inner) ? inner : undefined;
    };
    const entry = entryOf('contexts', 'context', context);
    const cluster = entryOf('clusters', 'cluster', entry?.['cluster']);
    const user = entryOf('users', 'user', entry?.['user']);
    const wrong = [
      ...(entry === undefined ? [`the context ${context} is missing`] : []),
      ...(entry !== undefined && cluster === undefined ? [`its cluster ${String(entry['cluster'])} is missing`] : []),
      ...(entry !== undefined && user === undefined ? [`its user ${String(entry['user'])} is missing`] : []),
      ...differs('namespace', entry?.['namespace'], entry && part.namespace),
      ...differs('server', cluster?.['server'], cluster && server),
    ];
    if (wrong.length === 0) checks.push(passed('kubeconfig', `${context} in ${kubeconfig} is as it was written`));
    else checks.push(failed('kubeconfig', wrong.join('; '), `${again} --overwrite`));
    if (paths !== inForce) {
      checks.push(
        warned('kubeconfig', `kubectl does not read ${kubeconfig} by itself`, `export KUBECONFIG=${kubeconfig}`),
      );
    }
    if (user !== undefined) checks.push(await examineTokenProgram(user['exec'], again));
    const current = values.map((value) => textIn(value, 'current-context')).find((each) => each !== undefined);
    if (current === context) checks.push(passed('current-context', `${context} is the current context`));
    else checks.push(warned('current-context', `${current ?? 'none'} is current`, `hawser ctx use ${name}`));
  } catch (error) {
    checks.push(failed('kubeconfig', (error as Error).message));
  }
  if (tunnel !== undefined && server !== undefined) {
    checks.push(...(await examineTunnel('kube-tunnel', tunnel, server, options)));
  }
  return checks;
}

function differs(what: string, found: unknown, wanted: string | undefined): readonly string[] {
  if (wanted === undefined || found === wanted) return [];
  return [`its ${what} is ${typeof found === 'string' ? found : 'missing'}, not ${wanted}`];
}

async function examineTokenProgram(exec: unknown, again: string): Promise<ContextCheck> {
  const program = textIn(exec, 'command');
  const args = valueIn(exec, 'args');
  if (program === undefined) return warned('token-program', 'its user has no program that makes tokens', again);
  const script: unknown = Array.isArray(args) ? args[0] : undefined;
  const files: (readonly [string, number])[] = isAbsolute(program) ? [[program, constants.X_OK]] : [];
  if (typeof script === 'string' && isAbsolute(script)) files.push([script, constants.R_OK]);
  for (const [file, mode] of files) {
    const isUsable = await access(file, mode).then(
      () => true,
      () => false,
    );
    if (!isUsable) return failed('token-program', `${file} is not there, or may not be run`, again);
  }
  return passed('token-program', `${[program, script].filter((part) => typeof part === 'string').join(' ')} is there`);
}

async function examineTunnel(
  check: 'prefect-tunnel' | 'kube-tunnel',
  tunnel: string,
  address: string,
  { name, tunnels }: ExamineOptions,
): Promise<readonly ContextCheck[]> {
  if (tunnels === undefined) return [];
  const { live } = await tunnels();
  const port = Number(new URL(address).port);
  const found = live.filter((each) => each.name === tunnel);
  if (found.some((each) => each.port === port)) return [passed(check, `the tunnel ${tunnel} is up on port ${port}`)];
  const now = found[0]?.port;
  return now === undefined
    ? [failed(check, `the tunnel ${tunnel} is not up`, 'hawser net up')]
    : [failed(check, `the tunnel ${tunnel} is on port ${now}, not on ${port}`, `hawser ctx init ${name}`)];
}

function passed(check: ContextCheck['check'], detail: string): ContextCheck {
  return { check, verdict: 'pass', detail };
}

function warned(check: ContextCheck['check'], detail: string, next: string): ContextCheck {
  return { check, verdict: 'warn', detail, next };
}

function failed(check: ContextCheck['check'], detail: string, next?: string): ContextCheck {
  return { check, verdict: 'fail', detail, ...(next === undefined ? {} : { next }) };
}
