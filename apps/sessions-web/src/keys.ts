import { controlled } from './controlled.js';
import { make, part } from './element.js';

/** What each key of the row is, and what it sends; the arrows depend on the mode of the terminal. */
const row: readonly {
  readonly label: string;
  readonly name: string;
  readonly sends?: string;
  readonly arrow?: string;
}[] = [
  { label: 'esc', name: 'Escape', sends: '\u001B' },
  { label: 'tab', name: 'Tab', sends: '\t' },
  { label: 'ctrl', name: 'Control' },
  { label: 'alt', name: 'Alt' },
  { label: '←', name: 'Left', arrow: 'D' },
  { label: '↓', name: 'Down', arrow: 'B' },
  { label: '↑', name: 'Up', arrow: 'A' },
  { label: '→', name: 'Right', arrow: 'C' },
  { label: '^C', name: 'Control C', sends: '\u0003' },
  { label: '|', name: 'Pipe', sends: '|' },
  { label: '/', name: 'Slash', sends: '/' },
  { label: '~', name: 'Tilde', sends: '~' },
];

/** The row of keys that a phone's keyboard does not have. */
export interface Keys {
  show(shown: boolean): void;
  /** What a text becomes under Control and Alt, where they are held; holds them no longer. */
  modified(data: string): string;
}

/** Makes the row. `send` types; `applicationArrows` tells whether a program asked for the other form of the arrows (DECCKM). */
export function openKeys(options: {
  readonly send: (data: string) => void;
  readonly applicationArrows: () => boolean;
}): Keys {
  const root = part('keys');
  const held = new Set<string>();
  const press = (name: string, pressed: boolean): void => {
    if (pressed) held.add(name);
    else held.delete(name);
    root.querySelector(`[aria-label="${name}"]`)?.setAttribute('aria-pressed', String(pressed));
  };
  for (const { label, name, sends, arrow } of row) {
    const isHeld = sends === undefined && arrow === undefined;
    const button = make(
      'button',
      { type: 'button', 'aria-label': name, ...(isHeld && { 'aria-pressed': 'false' }) },
      label,
    );
    // The keyboard of the phone stays open: the terminal keeps the focus.
    button.addEventListener('pointerdown', (event) => event.preventDefault());
    button.addEventListener('click', () => {
      if (isHeld) press(name, !held.has(name));
      else if (arrow !== undefined) options.send(`\u001B${options.applicationArrows() ? 'O' : '['}${arrow}`);
      else options.send(sends ?? '');
    });
    root.append(button);
  }
  return {
    show: (shown) => (root.hidden = !shown),
    modified(data) {
      let result = data;
      if (held.has('Control')) result = controlled(result);
      if (held.has('Alt')) result = `\u001B${result}`;
      press('Control', false);
      press('Alt', false);
      return result;
    },
  };
}
