import { isDeepStrictEqual } from 'node:util';
import type { Store } from '@hawser/state-store';
import { ContextsError } from '../errors.js';
import { readText } from '../files.js';
import { contextsDocument, type ContextRecord, type ContextsData, type WrittenPlace } from './contexts-document.js';
import { openSheet, type Edit, type Sheet } from './edit.js';
import type { Intent, Settled } from './intent.js';
import { showDiff } from './show-diff.js';

/** One file that a plan changes. */
export interface PlanStep {
  /** Absolute. */
  readonly file: string;
  readonly format: WrittenPlace['format'] | 'contexts';
  /** Whether the file has to be made. */
  readonly isNew: boolean;
  /** A unified diff to be read: secrets are hidden in it, and long lines are cut. */
  readonly diff: string;
}

/** What would be done. Nothing has been touched yet. */
export interface ContextPlan {
  readonly purpose: 'init' | 'use' | 'remove';
  readonly context: string;
  /** None when all is as it shall be: then there is nothing to do. `contexts.json` comes last. */
  readonly steps: readonly PlanStep[];
  /** Files that were looked into, and are right as they are. */
  readonly unchanged: readonly string[];
  /** What the context will be recorded as; missing when it is removed. */
  readonly record?: ContextRecord;
  /** What the person should know. */
  readonly notes: readonly string[];
}

/** A plan with what is needed to carry it out. */
export interface ReadyPlan extends ContextPlan {
  readonly '~intent': Intent;
  readonly '~basis': Basis;
}

/** What a plan was made of, and what follows: carried out as it is as long as its files are what they were. */
export interface Basis {
  /** Of the files that could be read. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  readonly problems: ReadonlyMap<string, ContextsError>;
  readonly data: ContextsData;
  readonly edits: ReadonlyMap<string, readonly Edit[]>;
  readonly settled: Settled;
}

/** Looks at all there is and says what would be done. Takes no lock, and writes nothing. */
export async function draftPlan(store: Store, intent: Intent, now: Date): Promise<ReadyPlan> {
  const document = store.document(contextsDocument);
  const { data } = await document.read();
  const texts = new Map<string, string | undefined>();
  const problems = new Map<string, ContextsError>();
  for (const { path } of intent.files)
    await keepProblem(problems, path, async () => texts.set(path, await readText(path)));
  const { sheets, settled } = await settleOn(intent, { texts, data, problems, now });
  for (const path of problems.keys()) texts.delete(path);
  const changed = sheets.filter(({ edits }) => edits.length > 0);
  const record = settled.data.contexts[intent.context];
  const steps: PlanStep[] = changed.map(({ path, format, before, after }) => ({
    file: path,
    format,
    isNew: before === undefined,
    diff: showDiff(path, before, after),
  }));
  if (settled.data !== data) steps.push(recordStep(document.path, intent.context, data, settled.data));
  return {
    purpose: intent.purpose,
    context: intent.context,
    steps,
    unchanged: sheets.filter(({ edits, before }) => edits.length === 0 && before !== undefined).map(({ path }) => path),
    ...(record === undefined ? {} : { record }),
    notes: settled.notes,
    '~intent': intent,
    '~basis': { texts, problems, data, edits: new Map(changed.map(({ path, edits }) => [path, edits])), settled },
  };
}

/** The step of `contexts.json`: where the context points, without its bookkeeping. */
function recordStep(file: string, context: string, before: ContextsData, after: ContextsData): PlanStep {
  const text = ({ current, contexts }: ContextsData): string | undefined => {
    if (current === undefined && contexts[context] === undefined) return undefined;
    const { prefect, kubernetes } = contexts[context] ?? {};
    return `${JSON.stringify({ current, [context]: { prefect, kubernetes } }, undefined, 2)}\n`;
  };
  const isNew = before.current === undefined && Object.keys(before.contexts).length === 0;
  return { file, format: 'contexts', isNew, diff: showDiff(file, text(before), text(after) ?? '') };
}

/** Settles an intent on texts: pure, but for the parsers that are loaded. */
export async function settleOn(
  intent: Intent,
  on: {
    readonly texts: ReadonlyMap<string, string | undefined>;
    readonly data: ContextsData;
    readonly problems: Map<string, ContextsError>;
    readonly now: Date;
  },
): Promise<{ readonly sheets: readonly Sheet[]; readonly settled: Settled }> {
  const { texts, data, problems, now } = on;
  const sheets: Sheet[] = [];
  for (const file of intent.files) {
    if (problems.has(file.path)) continue;
    await keepProblem(problems, file.path, async () => sheets.push(await openSheet(file, texts.get(file.path))));
  }
  const settled = intent.settle({ sheets, problems, data, now: now.toISOString() });
  return { sheets, settled: isDeepStrictEqual(settled.data, data) ? { ...settled, data } : settled };
}

async function keepProblem(
  problems: Map<string, ContextsError>,
  path: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ContextsError)) throw error;
    problems.set(path, error);
  }
}
