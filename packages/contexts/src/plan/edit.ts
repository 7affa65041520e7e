import type { ForeignDraft } from '@hawser/state-store/foreign';
import { openDraft } from '../files.js';
import type { WrittenPlace, WrittenStep } from './contexts-document.js';

/** A file that a plan looks into, and may change. */
export interface PlannedFile {
  readonly path: string;
  readonly format: WrittenPlace['format'];
}

/** One change of a file, to be made again on the file itself. */
export type Edit =
  | { readonly do: 'set'; readonly path: readonly WrittenStep[]; readonly value: unknown }
  | { readonly do: 'delete'; readonly path: readonly WrittenStep[] };

/** A file while a plan is made: nothing reaches the disk. */
export interface Sheet extends PlannedFile {
  /** The text as it is; `undefined` when there is no file. */
  readonly before: string | undefined;
  readonly after: string;
  readonly edits: readonly Edit[];
  readonly value: unknown;
  get(path: readonly WrittenStep[]): unknown;
  set(path: readonly WrittenStep[], value: unknown): void;
  delete(path: readonly WrittenStep[]): void;
}

/**
 * Begins to plan changes of a file.
 *
 * @throws ContextsError HAWSER_CTX_FILE_INVALID
 */
export async function openSheet(file: PlannedFile, before: string | undefined): Promise<Sheet> {
  const draft = await openDraft(file.path, file.format, before ?? '');
  const edits: Edit[] = [];
  return {
    ...file,
    before,
    edits,
    get after() {
      return draft.text;
    },
    get value() {
      return draft.value;
    },
    get: (path) => draft.get(path),
    set: (path, value) => make({ do: 'set', path, value }),
    delete: (path) => make({ do: 'delete', path }),
  };

  function make(edit: Edit): void {
    const text = draft.text;
    makeEdit(draft, edit);
    if (draft.text !== text) edits.push(edit);
  }
}

/** Makes one change. Throws what the draft throws. */
export function makeEdit(draft: ForeignDraft, edit: Edit): void {
  if (edit.do === 'set') draft.set(edit.path, edit.value);
  else draft.delete(edit.path);
}
