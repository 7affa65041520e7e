/** What a key means to the page. */
export type PageAction = 'search' | 'lines' | 'leave' | 'copy';

const chords: Readonly<Record<string, PageAction>> = { KeyF: 'search', KeyH: 'lines', KeyE: 'leave', KeyC: 'copy' };

/**
 * The page's own meaning of a key, or null. Ctrl-Shift and a letter is no key of its own to any terminal, and the
 * Command key never reaches one; everything else is the program's.
 */
export function pageAction(event: {
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}): PageAction | null {
  if (event.altKey) return null;
  if (event.ctrlKey && event.shiftKey && !event.metaKey) return chords[event.code] ?? null;
  if (event.metaKey && !event.ctrlKey && !event.shiftKey) {
    if (event.code === 'KeyF') return 'search';
    if (event.code === 'KeyC') return 'copy';
  }
  return null;
}
