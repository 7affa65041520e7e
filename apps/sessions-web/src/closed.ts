import { onPress, part, say } from './element.js';

/** What is told instead of a terminal. */
export interface Closing {
  readonly title: string;
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Tells it, over everything else. */
export function showClosed({ title, text, action }: Closing): void {
  const button = part('closed-action', HTMLButtonElement);
  say(part('closed-title'), title);
  say(part('closed-text'), text);
  button.hidden = action === undefined;
  say(button, action?.label ?? '');
  onPress(button, () => action?.run());
  part('closed').hidden = false;
  if (action) button.focus();
}

const unknown: Closing = {
  title: 'There is no such session',
  text: 'The address is mistaken, or the session is past the time for which its log is kept.',
};
const again = 'Ask whoever runs the session for a new one.';

/** Why nothing is shown: by the code of a link's refusal, or by how a view ended. */
export function closingOf(why: string, message: string): Closing {
  const closings: Readonly<Record<string, Closing>> = {
    HAWSER_SESSIONS_LINK_USED: {
      title: 'This link has been used',
      text: `Each link opens a session once. If it was you, go on in the window where you opened it. ${again}`,
    },
    HAWSER_SESSIONS_REFUSED: {
      title: 'This link is no longer good',
      text: `It is good for a few minutes, and those are over. ${again}`,
    },
    HAWSER_SESSIONS_NOT_FOUND: unknown,
    unknown,
    revoked: {
      title: 'This page needs a link',
      text: `Your way into this session ran out, was taken back, or was never there. ${again}`,
    },
    'taken-over': { title: 'Open in another window', text: 'You went on with this session elsewhere.' },
  };
  return closings[why] ?? { title: 'This session cannot be opened', text: message };
}
