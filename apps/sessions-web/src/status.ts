import type { ExitRecord, SessionState, ViewerRole } from '@hawser/k8s-sessions/protocol';
import { part, say } from './element.js';
import { drawIcon } from './icon.js';
import { announce } from './notice.js';
import { clockOf, counted, stageOf, stateText, type Stage } from './words.js';

/** What the bar tells. */
export interface Standing {
  readonly state: SessionState;
  readonly exit: ExitRecord | null;
  readonly command: string;
  readonly startedAt: string | null;
  readonly role: ViewerRole;
  readonly lease: { readonly holder: string | null; readonly mine: boolean; readonly viewers: number } | null;
  /** Title that the program set; empty for none. */
  readonly title: string;
}

/** Keeps bar, title and icon true. `onLease` is told when the person wants the keyboard, or gives it away. */
export function openStatus(onLease: (action: 'take' | 'release') => void): {
  show(standing: Standing): void;
  close(text: string): void;
} {
  const lease = part('lease', HTMLButtonElement);
  const clock = part('clock');
  let shown: Standing | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tick = (): void => {
    const started = Date.parse(shown?.startedAt ?? '');
    clock.hidden = Number.isNaN(started) || (shown?.exit ?? null) !== null;
    if (!clock.hidden) say(clock, clockOf(Date.now() - started));
  };
  const stand = (stage: Stage, text: string): void => {
    document.body.dataset['stage'] = stage;
    drawIcon(stage);
    if (part('state-text').textContent !== text) announce(text);
    say(part('state-text'), text);
    const name = shown?.title || shown?.command || 'Session';
    document.title = `${stage === 'succeeded' ? '✓ ' : stage === 'failed' ? '✗ ' : ''}${name} – ${text}`;
  };

  lease.addEventListener('click', () => onLease(shown?.lease?.mine ? 'release' : 'take'));
  return {
    show(standing) {
      shown = standing;
      stand(stageOf(standing.state, standing.exit), stateText(standing.state, standing.exit));
      say(part('command'), standing.command);
      part('command').title = standing.command;
      const others = (standing.lease?.viewers ?? 1) > 1;
      part('people').hidden = !others;
      say(part('people'), counted(standing.lease?.viewers ?? 1, 'viewer'));
      showLease(lease, standing);
      tick();
      timer ??= setInterval(tick, 1000);
    },
    close(text) {
      clearInterval(timer);
      for (const id of ['lease', 'clock', 'people', 'tools']) part(id).hidden = true;
      stand('closed', text);
    },
  };
}

function showLease(button: HTMLButtonElement, { role, lease, exit }: Standing): void {
  const alone = lease !== null && lease.mine && lease.viewers < 2;
  button.hidden = exit !== null || lease === null || alone;
  button.disabled = role === 'view';
  button.dataset['mine'] = String(lease?.mine ?? false);
  if (role === 'view') say(button, 'Watching');
  else if (lease?.mine) say(button, 'You type');
  else say(button, lease?.holder === null ? 'Take the keyboard' : 'Take over');
  button.title = lease?.mine ? 'Give the keyboard away' : '';
}
