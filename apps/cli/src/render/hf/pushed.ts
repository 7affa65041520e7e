import type { Style } from '@hawser/cli-kit';
import type { Plan, PlannedChange, PushResult, SettingChange } from '@hawser/hf-push';
import type { Pushed } from '../../hf/push-context.js';
import { counted } from './counted.js';

/** What one push of a run did, would do, or why it failed. */
export function renderPushed(pushed: Pushed, style: Style): string {
  if ('result' in pushed) return renderResult(pushed.result, style);
  if ('plan' in pushed) return `${renderPlan(pushed.plan, style)}\n  staged in ${pushed.staging}`;
  const { message, hint } = pushed.error;
  return [`${style.bad('✗')} ${pushed.environment}: ${message}`, ...(hint === undefined ? [] : [`  ${hint}`])].join(
    '\n',
  );
}

/** What a push did, in a few lines. */
export function renderResult(result: PushResult, style: Style): string {
  const { ignored } = result.changes;
  return [
    `${style.good('✓')} ${style.link(result.url)}: ${whatHappened(result)}`,
    ...(ignored.length === 0 ? [] : [`  the Space's .gitignore keeps out ${ignored.join(', ')}`]),
    ...result.settings.map((change) => `  ${renderSetting(change)}`),
    style.faint(`  commit ${result.commit}, tree ${result.treeId}`),
    ...(result.pullRequest ? [`  proposed as ${style.link(result.pullRequest.url)}`] : []),
    ...(result.stage === undefined ? [] : [`  ${runs(result, style)}`]),
  ].join('\n');
}

function whatHappened({ created, unchanged, resumed, changes, settings }: PushResult): string {
  const { added, updated, deleted, same } = changes;
  if (created) return `made, with ${counted(added.length + updated.length + same, 'file')}`;
  if (unchanged && settings.length > 0) return 'the files are there, the settings are changed';
  if (unchanged) return `nothing to do, ${same === 1 ? 'its file is' : `all ${same} files are`} there`;
  if (resumed) return `the commit of a push that was cut off is there, with ${counted(same, 'file')}`;
  return `${added.length} added, ${updated.length} updated, ${deleted.length} deleted, ${same} as they were`;
}

function runs({ stage, appUrl }: PushResult, style: Style): string {
  return `${style.good(stage ?? '')}${appUrl === undefined ? '' : ` at ${style.link(appUrl)}`}`;
}

/** A plan, file by file where the Space was looked at. */
export function renderPlan(plan: Plan, style: Style): string {
  const marks = { add: style.good('+'), update: style.warn('~'), ignored: style.faint('!'), same: ' ' };
  const files = plan.files
    .filter(({ action }) => action !== 'same')
    .map(({ path, size, action }) => `  ${marks[action ?? 'add']} ${path} (${counted(size, 'byte')})`);
  const deletes = plan.change?.deletes.map((path) => `  ${style.bad('-')} ${path}`) ?? [];
  const settings = settingsOf(plan).map((change) => `  ${renderSetting(change)}`);
  const all = [...files, ...deletes, ...settings];
  return [
    `${plan.space}: ${whatWouldHappen(plan.change, all.length > 0)}`,
    ...all,
    style.faint(`  ${plan.contents}`),
  ].join('\n');
}

function whatWouldHappen(change: PlannedChange | undefined, isChanged: boolean): string {
  if (!change) return 'would hold';
  if (!change.exists) return 'would be made';
  return isChanged ? 'would change' : 'nothing to do';
}

function settingsOf({ change, settings }: Plan): readonly SettingChange[] {
  if (change?.exists) return change.settings;
  const { private: isPrivate, hardware, variables, secrets } = settings;
  return [
    ...(isPrivate ? [{ kind: 'visibility', to: 'private' } as const] : []),
    ...(hardware === undefined ? [] : [{ kind: 'hardware', from: undefined, to: hardware } as const]),
    ...Object.entries(variables).map(([key, to]) => ({ kind: 'variable', key, to }) as const),
    ...secrets.map((key) => ({ kind: 'secret', key }) as const),
  ];
}

function renderSetting(change: SettingChange): string {
  if (change.kind === 'visibility') return `visibility ${change.to}`;
  if (change.kind === 'variable') return `variable ${change.key}=${change.to}`;
  if (change.kind === 'secret') return `secret ${change.key}`;
  return `hardware ${change.from === undefined ? '' : `${change.from} → `}${change.to}`;
}
