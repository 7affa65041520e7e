import { make, onPress, part, say } from './element.js';
import { announce } from './notice.js';

/** Copies a text. Without TLS a page has no clipboard of its own; then the older way, by a field that is selected. */
export function copyText(text: string): void {
  const older = (): void => {
    const before = document.activeElement;
    const field = make('textarea', { class: 'hidden', 'aria-hidden': 'true' });
    field.value = text;
    // Within an open dialog nothing outside of it can be selected.
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
    if (before instanceof HTMLElement) before.focus();
  };
  if (navigator.clipboard) void navigator.clipboard.writeText(text).catch(older);
  else older();
}

let isAllowed = false;

/** Asks whether a program may put a text on the clipboard; the newest question replaces one that is open. */
export function askForClipboard(text: string): void {
  if (isAllowed) return copyText(text);
  const root = part('question');
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  const question = `The program wants to copy “${shown}” to your clipboard.`;
  say(part('question-text'), question);
  root.hidden = false;
  announce(`${question} Ctrl-Shift-E leads to the answers.`);
  const answer = (id: string, run: () => void): void => {
    onPress(part(id), () => {
      root.hidden = true;
      run();
    });
  };
  answer('question-yes', () => copyText(text));
  answer('question-always', () => {
    isAllowed = true;
    copyText(text);
  });
  answer('question-no', () => undefined);
}
