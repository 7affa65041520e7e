import type { Style } from '@hawser/cli-kit';
import type { CopyProgress, CopyResult } from '@hawser/ssm-channel';

/** How far a copy is. */
export function renderProgress({ phase, bytes, totalBytes }: CopyProgress): string {
  if (phase === 'verifying') return `comparing ${size(bytes)}`;
  return `${totalBytes === 0 ? 100 : Math.floor((bytes / totalBytes) * 100)} % of ${size(totalBytes)}`;
}

/** What a copy made, and what proves it. */
export function renderCopied({ bytes, resumedAt, digest }: CopyResult, where: string, style: Style): string {
  const went = resumedAt > 0 ? `, went on at ${size(resumedAt)}` : '';
  return `${style.good('✓')} ${where}: ${size(bytes)}${went}, ${digest.algorithm} ${digest.value} at both ends`;
}

/** Bytes for people. */
function size(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const value = bytes / 2 ** (10 * power);
  return `${power === 0 ? bytes : value.toFixed(value < 10 ? 1 : 0)} ${units[power]}`;
}
