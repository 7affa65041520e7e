import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Aws } from '@hawser/cli-kit';
import { examineStack, type LayerFinding, openAccount } from '@hawser/exec-backend/aws';
import type { ExecClient } from '@hawser/exec-client';
import type { ExecutionRecord, ReasonCode } from '@hawser/exec-client/contract';
import { requestHandler } from '../../aws/request-handler.js';
import type { Checked } from '../../doctor/checked.js';
import type { BackendFlags } from '../flags.js';
import { openService, type ServiceContext } from '../service.js';

/** What was found, layer by layer. */
export interface DoctorFacts {
  readonly backend: string;
  readonly checks: readonly Checked[];
}

/** The flags of `hawser exec doctor`. */
export interface DoctorFlags extends BackendFlags {
  readonly timeout?: number | undefined;
}

/** Executions whose reasons are looked at: the newest. */
const LOOKED_AT = 20;

/** Which layer the reason of a failure belongs to. */
const LAYER_OF: Readonly<Partial<Record<ReasonCode, { readonly id: string; readonly next: string }>>> = {
  image_pull: { id: 'image', next: 'Checked the name and tag of the image, and that the subnets reach its registry.' },
  image_platform: { id: 'image', next: 'Give --platform, or an image for that processor.' },
  network: {
    id: 'subnets',
    next: 'Tasks need a public address or a NAT gateway to reach git, images and the service.',
  },
  permission: { id: 'role', next: 'hawser exec init makes the roles of the stack whole.' },
  clone_auth: { id: 'git', next: 'Store a credential: hawser exec secrets set git/HOST' },
  quota: { id: 'quota', next: 'Ask AWS for more Fargate capacity in the region.' },
  no_capacity: { id: 'quota', next: 'Try again, or another size or region.' },
};

/** Looks at every layer between a command and its execution. What cannot be asked is a finding too. */
export async function examine(
  flags: DoctorFlags,
  context: ServiceContext & { readonly aws: Aws },
): Promise<DoctorFacts> {
  const timeoutMs = flags.timeout ?? 10_000;
  const checks: Checked[] = [await ofGit(timeoutMs)];
  const service = await openService(flags, context);
  const within = (): AbortSignal => AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
  const reach = await ofEndpoint(service.client, service.backend, within());
  checks.push(reach);
  if (reach.state !== 'fail') {
    const key = await ofKey(service.client, within());
    checks.push(key);
    if (key.state !== 'fail') checks.push(...(await ofFailures(service.client, within())));
  }
  const { backend } = service;
  if (backend.kind === 'remote' && backend.stackName !== undefined) {
    checks.push(...(await ofStack(backend.stackName, backend.region, context.aws, within())));
  }
  return { backend: service.backend.name, checks };
}

async function ofGit(timeout: number): Promise<Checked> {
  const about = { id: 'git', title: 'git', facts: {} } as const;
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { timeout });
    return { ...about, state: 'ok', found: stdout.trim() };
  } catch {
    const next = 'Install git: it finds the repository that you stand in, and clones on this machine.';
    return { ...about, state: 'fail', found: 'git cannot be run', next };
  }
}

async function ofEndpoint(
  client: ExecClient,
  backend: { readonly name: string; readonly isLocal: boolean },
  signal: AbortSignal,
): Promise<Checked> {
  const about = backend.isLocal
    ? ({ id: 'isolation', title: 'Isolation of this machine' } as const)
    : ({ id: 'endpoint', title: 'Service' } as const);
  try {
    const { backend: where, version } = await client.health({ signal });
    const { isolation = where.kind, note } = where;
    const facts = { version, kind: where.kind, ...(where.isolation !== undefined && { isolation }) };
    // Next to nothing keeps a mere process apart.
    const isBare = backend.isLocal && isolation === 'process';
    return {
      ...about,
      state: isBare ? 'warn' : 'ok',
      found: backend.isLocal ? `${isolation}${note === undefined ? '' : `: ${note}`}` : `version ${version} answers`,
      ...(isBare && { next: 'Install bubblewrap or podman for more than a process of its own.' }),
      facts,
    };
  } catch (error) {
    return { ...about, ...failure(error) };
  }
}

async function ofKey(client: ExecClient, signal: AbortSignal): Promise<Checked> {
  const about = { id: 'key', title: 'Who you are there' } as const;
  try {
    const { key_id: keyId, name, arn, scopes } = await client.whoami({ signal });
    const found = `${name ?? arn ?? keyId ?? 'known'} (${scopes.join(', ')})`;
    return { ...about, state: 'ok', found, facts: { ...(keyId !== undefined && { key_id: keyId }) } };
  } catch (error) {
    return { ...about, ...failure(error) };
  }
}

/** What the newest executions that never ran or failed say of the layers below them. */
async function ofFailures(client: ExecClient, signal: AbortSignal): Promise<readonly Checked[]> {
  const found = new Map<string, Checked>();
  try {
    for await (const record of client.list({ limit: LOOKED_AT, signal })) {
      const layer = record.reason_code && LAYER_OF[record.reason_code];
      if (layer && !found.has(layer.id)) found.set(layer.id, asCheck(record, layer));
    }
  } catch (error) {
    return [{ id: 'history', title: 'Recent executions', ...failure(error) }];
  }
  return [...found.values()];
}

function asCheck(record: ExecutionRecord, layer: { readonly id: string; readonly next: string }): Checked {
  return {
    id: layer.id,
    title: `Lately: ${layer.id}`,
    state: 'warn',
    found: `${record.execution_id}: ${record.reason ?? record.reason_code ?? ''}`,
    next: layer.next,
    facts: { execution_id: record.execution_id, reason_code: record.reason_code ?? '' },
  };
}

const TITLES: Readonly<Record<LayerFinding['layer'], string>> = {
  credentials: 'AWS identity',
  stack: 'Stack',
  function: 'Function',
  cluster: 'Cluster',
  roles: 'Roles',
  network: 'Subnets',
  images: 'Image',
  'log-group': 'Log group',
};

/** The stack from outside: only for whoever has AWS credentials; for others that is no failure. */
async function ofStack(
  stack: string,
  region: string | undefined,
  aws: Aws,
  signal: AbortSignal,
): Promise<readonly Checked[]> {
  using account = openAccount({
    ...aws.settings,
    region,
    requestHandler: await requestHandler(aws, 'https://cloudformation.amazonaws.com/'),
  });
  const checks: Checked[] = [];
  try {
    for await (const { layer, state, detail, next } of examineStack(account, stack, signal)) {
      const mayLook = layer !== 'credentials' || state === 'pass';
      checks.push({
        id: `aws-${layer}`,
        title: TITLES[layer],
        state: state === 'pass' ? 'ok' : mayLook ? state : 'warn',
        found: mayLook ? detail : `the stack cannot be looked at: ${detail}`,
        ...(next !== undefined && { next }),
        facts: {},
      });
    }
  } catch (error) {
    checks.push({ id: 'aws-stack', title: TITLES.stack, ...failure(error) });
  }
  return checks;
}

function failure(error: unknown): Pick<Checked, 'state' | 'found' | 'next' | 'facts'> {
  const {
    message,
    hint,
    code = '',
  } = error as { readonly message: string; readonly hint?: string; readonly code?: string };
  return { state: 'fail', found: message, ...(hint !== undefined && { next: hint }), facts: { code } };
}
