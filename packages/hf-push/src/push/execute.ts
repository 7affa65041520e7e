import { describeRecord } from '../diff/ownership.js';
import { HfPushError } from '../errors.js';
import { inStep, type PushStep } from '../events.js';
import { explained } from '../http/failure.js';
import type { CommitOperation, Hub, LfsObject, SpaceInfo } from '../hub/types.js';
import type { Journal } from '../journal/journal.js';
import { compareWithSpace, type SpaceComparison } from '../plan/compare-space.js';
import type { Draft } from '../plan/make-plan.js';
import type { SettingChange } from '../plan/types.js';
import { applySettings, compareSettings, rememberSecrets } from '../space/settings.js';
import { requireSpace, spaceUrl } from '../space/status.js';
import { readContent } from '../tree/content.js';
import { commitOnce } from '../upload/commit-once.js';
import { afterPush } from './after-push.js';
import { checkSdk, lacksPlan } from './preflight.js';
import { findPullRequest, type OpenedPullRequest } from './pull-request.js';
import type { PushOptions, PushResult } from './types.js';

/** Does what a plan says. */
export async function execute(hub: Hub, draft: Draft, options: PushOptions, journal: Journal): Promise<PushResult> {
  return await new Execution(hub, draft, options, journal).run();
}

interface Looked {
  readonly info: SpaceInfo;
  readonly comparison: SpaceComparison;
  readonly created: boolean;
}

class Execution {
  readonly #hub: Hub;
  readonly #draft: Draft;
  readonly #options: PushOptions;
  readonly #journal: Journal;
  readonly #space: string;
  readonly #contents: string;
  #changes: readonly SettingChange[];

  constructor(hub: Hub, draft: Draft, options: PushOptions, journal: Journal) {
    this.#hub = hub;
    this.#draft = draft;
    this.#options = options;
    this.#journal = journal;
    this.#space = draft.plan.space;
    this.#contents = draft.plan.contents;
    this.#changes = draft.plan.change?.settings ?? [];
  }

  async run(): Promise<PushResult> {
    const resumable = this.#journal.unfinishedCommit(this.#contents);
    const looked = await this.#prepare();
    const { info, comparison, created } = looked;
    const made = comparison.treeId === comparison.parentTree ? undefined : await this.#commit(comparison);
    const resumed =
      made === undefined && resumable?.treeId === comparison.treeId && resumable.parent !== comparison.parent;
    const isRestarted = !created && !this.#options.pr && this.#changes.length > 0;
    const stage = this.#options.pr
      ? undefined
      : await afterPush(
          this.#hub,
          {
            space: this.#space,
            info,
            commit: made?.commit ?? (resumed || created ? comparison.parent : undefined),
            isRestarted,
            before: made && !created ? comparison.parent : undefined,
          },
          this.#options,
        );
    await this.#journal.end(this.#contents, new Set(this.#draft.staged.files.map(({ oid }) => oid)));
    return this.#result(looked, made, resumed, stage);
  }

  /** Makes the Space, or brings its settings up to date; then knows what to commit. */
  async #prepare(): Promise<Looked> {
    const { info, comparison } = this.#draft;
    if (info && comparison) {
      await this.#applySettings();
      return { info, comparison, created: false };
    }
    if (this.#options.pr)
      throw new HfPushError('HAWSER_HF_SPACE_NOT_FOUND', `There is no Space ${this.#space} to propose a change to`);
    const created = await this.#step('create', () => this.#createOrFind());
    const found = await this.#uploading(() => requireSpace(this.#hub, this.#space));
    if (!created) await this.#takeOver(found);
    const compared = await this.#step('compare', () =>
      this.#uploading(() => compareWithSpace(this.#hub, this.#draft.staged, found, this.#journal)),
    );
    return { info: found, comparison: compared, created };
  }

  /** Whether it made the Space: another push may have made it since it was looked for. */
  async #createOrFind(): Promise<boolean> {
    try {
      await this.#create();
      return true;
    } catch (error) {
      if (!(error instanceof HfPushError) || error.code !== 'HAWSER_HF_SPACE_EXISTS' || this.#options.createOnly)
        throw error;
      return false;
    }
  }

  async #takeOver(info: SpaceInfo): Promise<void> {
    checkSdk(this.#space, info);
    const { settings } = this.#draft.plan;
    this.#changes = await this.#uploading(() =>
      compareSettings(this.#hub, info, settings, this.#options.secrets ?? {}, this.#journal),
    );
    await this.#applySettings();
  }

  async #create(): Promise<void> {
    const { settings } = this.#draft.plan;
    const me = await this.#hub.whoAmI();
    const [namespace = ''] = this.#space.split('/');
    if (lacksPlan(me, namespace))
      this.#warn(
        `${namespace} has no paid plan as far as the Hub says.`,
        'Docker Spaces need a PRO account, or a Team or Enterprise organization: huggingface.co/pricing.',
      );
    const { hardware, sleepTimeSeconds, variables } = settings;
    await this.#hub.createSpace({
      id: this.#space,
      private: settings.private ?? false,
      ...(hardware === undefined ? {} : { hardware }),
      ...(sleepTimeSeconds === undefined ? {} : { sleepTimeSeconds }),
      variables,
      secrets: this.#options.secrets ?? {},
    });
    await this.#journal.write({ did: 'create' });
    await this.#uploading(() => rememberSecrets(this.#hub, this.#space, this.#options.secrets ?? {}, this.#journal));
  }

  async #applySettings(): Promise<void> {
    if (this.#changes.length === 0) return;
    if (this.#options.pr) return this.#warn('A pull request has no settings: they are left as they are.');
    const wanted = { settings: this.#draft.plan.settings, secrets: this.#options.secrets ?? {} };
    await this.#uploading(() =>
      this.#step('settings', () => applySettings(this.#hub, this.#space, this.#changes, wanted, this.#journal)),
    );
  }

  async #commit(comparison: SpaceComparison): Promise<Made> {
    return await this.#uploading(async () => {
      const { treeId, parent } = comparison;
      const request = this.#options.pr
        ? await findPullRequest(
            this.#hub,
            { space: this.#space, title: this.#title(), parent, treeId },
            this.#contents,
            this.#journal,
          )
        : undefined;
      if (request?.commit !== undefined) return { commit: request.commit, request };
      const revision = request?.revision ?? 'main';
      await this.#upload(comparison, revision);
      await this.#journal.write({ did: 'commit', contents: this.#contents, parent, treeId });
      const operations = operationsOf(comparison);
      const description = describeRecord({ contents: this.#contents, kept: keptBy(comparison) });
      const title = this.#title();
      const commit = await this.#step('commit', () =>
        commitOnce(this.#hub, this.#space, { title, description, parent, revision, operations }, treeId),
      );
      await this.#journal.write({ did: 'committed', contents: this.#contents, commit });
      return { commit, request };
    });
  }

  #title(): string {
    const digits = this.#contents.slice('sha256:'.length, 'sha256:'.length + 10);
    const { message, pr } = this.#options;
    const title = message ?? `Push ${this.#draft.staged.name} with hawser`;
    return pr ? `${title} (${digits})` : title;
  }

  async #upload(comparison: SpaceComparison, revision: string): Promise<void> {
    const objects = comparison.files.flatMap(({ file: { path, size, content }, action, sha256 }): LfsObject[] => {
      if (sha256 === undefined || (action !== 'add' && action !== 'update')) return [];
      const stamp = comparison.stamps.get(path);
      return [{ path, oid: sha256, size, content, ...(stamp === undefined ? {} : { stamp }) }];
    });
    if (objects.length === 0) return;
    const written: Promise<void>[] = [];
    await this.#step('upload', () =>
      this.#hub.uploadLfs(this.#space, objects, {
        revision,
        onUploaded: ({ oid }) => written.push(this.#journal.write({ did: 'upload', sha256: oid })),
      }),
    );
    await Promise.all(written);
  }

  async #uploading<Result>(work: () => Promise<Result>): Promise<Result> {
    return await explained(`Failed to upload to space ${this.#space}`, 'HAWSER_HF_UPLOAD_FAILED', work);
  }

  async #step<Result>(step: PushStep, work: () => Promise<Result>): Promise<Result> {
    return await inStep(this.#hub.context, step, this.#space, work);
  }

  #warn(message: string, hint?: string): void {
    this.#hub.context.onEvent?.({ type: 'warning', message, ...(hint === undefined ? {} : { hint }) });
  }

  #result(
    { info, comparison, created }: Looked,
    made: Made | undefined,
    resumed: boolean,
    stage: string | undefined,
  ): PushResult {
    const paths = (action: string): string[] =>
      comparison.files.filter((each) => each.action === action).map(({ file }) => file.path);
    const { staged } = this.#draft;
    return {
      space: this.#space,
      url: spaceUrl(this.#hub, this.#space),
      appUrl: info.host,
      commit: made?.commit ?? comparison.parent,
      treeId: comparison.treeId,
      unchanged: made === undefined && !resumed,
      created,
      resumed,
      ...(made?.request ? { pullRequest: { number: made.request.number, url: made.request.url } } : {}),
      changes: {
        added: paths('add'),
        updated: paths('update'),
        deleted: comparison.deletes,
        ignored: paths('ignored'),
        same: paths('same').length,
      },
      settings: this.#options.pr ? [] : this.#changes,
      ...(stage === undefined ? {} : { stage }),
      findings: staged.findings,
      contents: this.#contents,
    };
  }
}

interface Made {
  readonly commit: string;
  readonly request: OpenedPullRequest | undefined;
}

/** Deletions first: what is deleted may stand where something is added. */
function operationsOf({ files, deletes }: SpaceComparison): readonly CommitOperation[] {
  const operations: CommitOperation[] = deletes.map((path) => ({ kind: 'delete', path }));
  for (const { file, action, sha256 } of files) {
    if (action !== 'add' && action !== 'update') continue;
    operations.push(
      sha256 === undefined
        ? { kind: 'file', file, read: () => readContent(file) }
        : { kind: 'lfs', path: file.path, oid: sha256, size: file.size },
    );
  }
  return operations;
}

/** Paths of the new tree that are not ours: what was there before us, and what the Hub would not take from us. */
function keptBy({ keeps, files }: SpaceComparison): readonly string[] {
  return [...keeps, ...files.filter(({ action }) => action === 'ignored').map(({ file }) => file.path)];
}
