import type { Style } from '@hawser/cli-kit';
import type { ShownDecision, ShownSetting } from '../../config/list.js';

/** Settings, one a line; with `explain` where each is from, and what it was preferred to. */
export function renderSettings(
  settings: readonly ShownSetting[],
  { explain }: { readonly explain: boolean },
  style: Style,
): string {
  const shown = explain ? settings : settings.filter(({ set }) => set);
  if (shown.length === 0) return 'Nothing is set: all is as it is by default. --explain shows what could be.';
  const nameWidth = Math.max(...shown.map(({ name }) => name.length));
  const valueWidth = Math.min(32, Math.max(...shown.map((each) => valueOf(each).length)));
  const lines = shown.map((each) => {
    const value = valueOf(each).padEnd(valueWidth);
    const from = explain ? `  ${style.faint(sourceOf(each))}` : '';
    const beaten = explain
      ? each.over.map((other) => `\n${' '.repeat(nameWidth)}  ${style.faint(insteadOf(other))}`)
      : [];
    return `${each.name.padEnd(nameWidth)}  ${each.set ? style.strong(value) : style.faint(value)}${from}${beaten.join('')}`;
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** One setting, for people: its value alone, or with where it is from. */
export function renderSetting(setting: ShownSetting, { explain }: { readonly explain: boolean }, style: Style): string {
  if (!explain) return valueOf(setting);
  const { name, summary, flags, variables, over } = setting;
  return [
    `${style.strong(name)}: ${summary}`,
    `  ${valueOf(setting)}  ${style.faint(sourceOf(setting))}`,
    ...over.map((other) => `  ${style.faint(insteadOf(other))}`),
    `  ${style.faint(`Decided by ${[...flags, ...variables, 'files', 'the default'].join(', then ')}.`)}`,
  ].join('\n');
}

function valueOf({ value, set, secret, where }: ShownSetting): string {
  if (secret) return set ? 'set' : 'not set';
  return value ?? `(${where})`;
}

function sourceOf({ set, where }: ShownSetting): string {
  return set ? `from ${where}` : 'by default';
}

function insteadOf({ value, where }: ShownDecision): string {
  return `not ${value ?? 'what stands'}  from ${where}`;
}
