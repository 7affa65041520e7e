import type { ForeignCodec } from './codec.js';
import { draftOf, type ForeignDraft } from './draft.js';
import { FORMATS, type ForeignFormat } from './formats.js';

/**
 * Begins to change a text that is not, or not yet, in a file: to show what an edit would do, or to read a value. Keeps
 * and checks everything as an update of the file does.
 *
 * @throws StateStoreError HAWSER_STATE_FOREIGN_SYNTAX, naming `subject`
 */
export async function draftForeign(options: {
  readonly text: string;
  readonly format: ForeignFormat | ForeignCodec;
  /** What the text is called in messages. */
  readonly subject: string;
}): Promise<ForeignDraft> {
  const { text, format, subject } = options;
  return draftOf(typeof format === 'string' ? await FORMATS[format].load() : format, text, subject);
}
