import { onPress, part, say } from './element.js';

/** How long a link may be gone before anybody is told: most come back sooner. */
const patienceMs = 700;
const toldMs = 6000;

/** The one line above the terminal that says what is the matter. */
export interface Notice {
  /** The link is gone; `retry` tries at once. Said only when it stays gone. */
  lost(retry: () => void): void;
  /** The link is back. */
  back(): void;
  /** Something to know; goes by itself. */
  tell(text: string, action?: { readonly label: string; readonly run: () => void }): void;
}

/** Wires the line. */
export function openNotice(): Notice {
  const root = part('notice');
  const button = part('notice-action', HTMLButtonElement);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLost = false;
  const show = (
    kind: 'lost' | 'told',
    text: string,
    action?: { readonly label: string; readonly run: () => void },
  ): void => {
    root.dataset['kind'] = kind;
    say(part('notice-text'), text);
    button.hidden = action === undefined;
    onPress(button, () => action?.run());
    say(button, action?.label ?? '');
    root.hidden = false;
    announce(text);
  };
  return {
    lost(retry) {
      if (isLost) return;
      isLost = true;
      clearTimeout(timer);
      timer = setTimeout(() => show('lost', 'Connection lost. Resuming…', { label: 'Now', run: retry }), patienceMs);
    },
    back() {
      if (!isLost) return;
      isLost = false;
      clearTimeout(timer);
      if (!root.hidden) announce('Connected again');
      root.hidden = true;
    },
    tell(text, action) {
      if (isLost) return;
      clearTimeout(timer);
      show('told', text, action && { ...action, run: () => ((root.hidden = true), action.run()) });
      timer = setTimeout(() => (root.hidden = true), toldMs);
    },
  };
}

/** Says something to those who listen to the page instead of looking at it. */
export function announce(text: string): void {
  say(part('spoken'), text);
}
