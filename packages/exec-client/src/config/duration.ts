const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Whole seconds of `90`, `"90s"`, `"30m"`, `"1h30m"` or `"1d"`; `undefined` for anything else. */
export function secondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^(?:\d+[smhd])+$|^\d+$/.test(value)) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  return [...value.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}
