import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { applyPlan, planContext, planRemoval, planUse } from '@hawser/contexts';
import type {
  Applied,
  ApplyOptions,
  ClusterFacts,
  ContextPlan,
  Environment,
  PlanContextOptions,
} from '@hawser/contexts';
import { openStore, type Store } from '@hawser/state-store';
import { afterEach } from '@jest/globals';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const ACCOUNT = '123456789012';

/** A cluster as EKS describes it. */
export function cluster(name = 'staging', changes: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    name,
    arn: `arn:aws:eks:eu-west-1:${ACCOUNT}:cluster/${name}`,
    endpoint: `https://${name.toUpperCase()}.gr7.eu-west-1.eks.amazonaws.com`,
    certificateAuthority: Buffer.from(`CA of ${name}`).toString('base64'),
    status: 'ACTIVE',
    ...changes,
  };
}

export const token = { command: '/opt/node/bin/node', args: ['/opt/hawser/eks-token.cjs'] };

type Wish = Partial<Omit<PlanContextOptions, 'store' | 'directory' | 'home'>>;

/** A home and a project of their own, gone after the test. */
export class CtxPlace {
  readonly folder: string;
  readonly home: string;
  readonly project: string;
  readonly store: Store;

  constructor() {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'hawser-ctx-')));
    made.push(this.folder);
    this.home = join(this.folder, 'home');
    this.project = join(this.folder, 'project');
    mkdirSync(this.home);
    mkdirSync(this.project);
    this.store = openStore({
      from: this.project,
      env: {},
      home: this.home,
      writer: { tool: 'hawser', version: '1.0.0' },
    });
  }

  get profiles(): string {
    return join(this.home, '.prefect/profiles.toml');
  }

  get kubeconfig(): string {
    return join(this.home, '.kube/config');
  }

  write(path: string, text: string, mode = 0o600): string {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  read(path: string): string {
    return readFileSync(path, 'utf8');
  }

  mtime(path: string): bigint {
    return statSync(path, { bigint: true }).mtimeNs;
  }

  /** A plan for both programs, unless told otherwise. */
  async plan(wish: Wish = {}): Promise<ContextPlan> {
    return planContext(this.options(wish));
  }

  options(wish: Wish = {}): PlanContextOptions {
    return {
      ...this.#place(),
      name: 'staging',
      prefect: { profile: 'hawser-staging', apiUrl: 'http://127.0.0.1:4200/api' },
      kubernetes: { cluster: cluster(), token, namespace: 'web' },
      ...wish,
    };
  }

  async init(wish: Wish = {}, apply: Partial<ApplyOptions> = {}): Promise<Applied> {
    return this.apply(await this.plan(wish), apply);
  }

  async remove(
    name = 'staging',
    options: { readonly overwrite?: boolean; readonly env?: Environment } = {},
  ): Promise<Applied> {
    return this.apply(await planRemoval({ ...this.#place(), name, ...options }));
  }

  async use(name: string, env: Environment = {}): Promise<Applied> {
    return this.apply(await planUse({ ...this.#place(), env, name }));
  }

  async apply(plan: ContextPlan, options: Partial<ApplyOptions> = {}): Promise<Applied> {
    return applyPlan(plan, { store: this.store, env: {}, ...options });
  }

  #place(): Pick<PlanContextOptions, 'store' | 'env' | 'directory' | 'home' | 'now'> {
    const { store, project: directory, home } = this;
    return { store, env: {}, directory, home, now: () => new Date('2026-01-02T03:04:05.000Z') };
  }
}
