import type { Style } from '@hawser/cli-kit';
import { type ExecutionRecord, isEnd } from '@hawser/exec-client/contract';
import { quoted } from '../../exec/words.js';

/** What was to be run, as one line that a person could type. */
export function commandOf({ command, argv }: Pick<ExecutionRecord, 'command' | 'argv'>): string {
  return command ?? `-- ${quoted(argv ?? [])}`;
}

/** A command in so many letters, on one line. */
export function shortCommand(record: Pick<ExecutionRecord, 'command' | 'argv'>, letters: number): string {
  const line = commandOf(record).replaceAll(/\s+/g, ' ').trim();
  return line.length <= letters ? line : `${line.slice(0, letters - 1)}…`;
}

/** A length of time for people: `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function lengthOf(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** How long a command ran, or has run by now; missing when it has not begun. */
export function ranFor(record: ExecutionRecord, nowMs: number): number | undefined {
  if (record.started_at === undefined) return undefined;
  const end = record.finished_at === undefined ? nowMs : Date.parse(record.finished_at);
  return end - Date.parse(record.started_at);
}

/** Seconds as people write a deadline: `1800 s (30 min 0 s)`. */
export function secondsOf(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${seconds} s (${lengthOf(seconds * 1000)})`;
}

/** A phase, coloured by what it means. */
export function paintPhase(phase: ExecutionRecord['phase'], style: Style, text: string = phaseWord(phase)): string {
  if (phase === 'succeeded') return style.good(text);
  if (!isEnd(phase)) return style.warn(text);
  return style.bad(text);
}

/** A phase as a word. */
export function phaseWord(phase: ExecutionRecord['phase']): string {
  return phase === 'error' ? 'never ran' : phase.replaceAll('_', ' ');
}

/** Where it runs, as its backend says it. */
export function placeOf({ kind, isolation, note }: ExecutionRecord['backend']): string {
  const place = kind === 'local' ? 'this machine' : kind === 'aws' ? 'AWS Fargate' : 'memory';
  return `${place}${isolation === undefined ? '' : `, ${isolation}`}${note === undefined ? '' : ` (${note})`}`;
}
