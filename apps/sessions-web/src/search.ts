import { make, part, say } from './element.js';
import { markWithin } from './past.js';
import { counted } from './words.js';

/** One line in which the text was found. */
export interface Found {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
}

/** What a search answers. */
export interface FoundLines {
  readonly matches: readonly Found[];
  /** True when there are more than were sent. */
  readonly more: boolean;
}

const pauseMs = 180;

/** Searches the whole log on the server. */
export interface Search {
  readonly shown: boolean;
  open(): void;
  close(): void;
}

/** Wires the panel. `find` asks the server; `onChoose` shows a line. */
export function openSearch({
  find,
  onChoose,
  onToggle,
}: {
  readonly find: (text: string, signal: AbortSignal) => Promise<FoundLines>;
  readonly onChoose: (line: number, text: string) => void;
  readonly onToggle: (shown: boolean) => void;
}): Search {
  const root = part('search');
  const input = part('search-input', HTMLInputElement);
  const list = part('results');
  const state = part('search-state');
  let asked: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const run = async (): Promise<void> => {
    asked?.abort();
    const mine = (asked = new AbortController());
    const text = input.value;
    if (text === '') {
      list.replaceChildren();
      return say(state, '');
    }
    say(state, 'Searching…');
    try {
      const { matches, more } = await find(text, mine.signal);
      if (mine.signal.aborted) return;
      list.replaceChildren(...matches.map((found) => resultElement(found, text)));
      say(
        state,
        matches.length === 0 ? 'Nothing found' : `${more ? 'The first ' : ''}${counted(matches.length, 'line')}`,
      );
    } catch (error) {
      if (!mine.signal.aborted) say(state, error instanceof Error ? error.message : String(error));
    }
  };

  const resultElement = ({ line, text }: Found, wanted: string): HTMLElement => {
    const at = text.toLowerCase().indexOf(wanted.toLowerCase());
    const from = Math.max(0, at - 24);
    const found = make('span', { class: 'found' }, `${from > 0 ? '…' : ''}${text.slice(from, from + 300)}`);
    markWithin(found, wanted);
    const button = make('button', { type: 'button' }, make('span', { class: 'number' }, String(line + 1)), found);
    button.addEventListener('click', () => {
      for (const other of list.querySelectorAll('[aria-current]')) other.removeAttribute('aria-current');
      button.setAttribute('aria-current', 'true');
      onChoose(line, wanted);
    });
    return make('li', {}, button);
  };

  const step = (by: number): void => {
    const buttons = [...list.querySelectorAll('button')];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = at + by;
    if (next < 0) input.focus();
    else buttons[Math.min(next, buttons.length - 1)]?.focus();
  };

  const close = (): void => {
    asked?.abort();
    root.hidden = true;
    onToggle(false);
  };

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), pauseMs);
  });
  part('search-form').addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(timer);
    void run();
  });
  part('close-search').addEventListener('click', close);
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown') step(1);
    else if (event.key === 'ArrowUp') step(-1);
    else return;
    event.preventDefault();
  });

  return {
    get shown() {
      return !root.hidden;
    },
    open() {
      root.hidden = false;
      onToggle(true);
      input.focus();
      input.select();
    },
    close,
  };
}

/** Reads what the service answers. */
export async function findLines(answer: Response): Promise<FoundLines> {
  return (await answer.json()) as FoundLines;
}
