import type { Out, Step } from '@hawser/cli-kit';
import type { HfPushEvent, OnEvent, PushStep } from '@hawser/hf-push';

const titles: Readonly<Record<PushStep, string>> = {
  stage: 'staging files',
  create: 'making the Space',
  settings: 'changing settings',
  compare: 'comparing files',
  upload: 'uploading large files',
  commit: 'committing',
  wait: 'waiting for the Space to run',
  'live-check': 'checking the running app',
  rollback: 'going back',
};

/** A wait that should be told where no progress is shown. */
const LONG_MS = 10_000;

/**
 * Shows what happens during a push: as the progress of a step, warnings and the Space's build log as lines. With `named`
 * the Space is said, too, because there are several.
 */
export function tellEvents(out: Out, step: Step, { named = false } = {}): OnEvent {
  return (event) => {
    const now = progressOf(event);
    if (now !== undefined) step.progress(named && 'space' in event ? `${event.space}: ${now}` : now);
    if (event.type === 'warning')
      void out.warn(event.hint === undefined ? event.message : `${event.message} ${event.hint}`);
    if (event.type === 'retry' && event.waitMs >= LONG_MS)
      void out.warn(`Waiting ${secondsOf(event)} s: ${event.reason}`);
  };
}

function progressOf(event: HfPushEvent): string | undefined {
  if (event.type === 'step' && event.state === 'started') return titles[event.step];
  if (event.type === 'uploaded')
    return `${event.path} ${Math.floor((100 * event.bytes) / Math.max(1, event.totalBytes))} %`;
  if (event.type === 'runtime') return `the Space is ${event.stage}`;
  if (event.type === 'log') return event.line;
  if (event.type === 'retry') return `${event.method} ${event.path} again in ${secondsOf(event)} s: ${event.reason}`;
  return undefined;
}

function secondsOf({ waitMs }: { readonly waitMs: number }): number {
  return Math.ceil(waitMs / 1000);
}
