import type { Out, Step } from '@hawser/cli-kit';
import type { ArcEvent, Report } from '@hawser/contexts/arc';

/** Told even where no progress is shown. */
const longMs = 10_000;

/** Shows each look as the progress of a step; where there is no terminal, a line whenever something else fails. */
export function tellLooks(out: Out, step: Step): (event: ArcEvent) => void {
  let last = '';
  return (event) => {
    if (event.type === 'look') {
      const now = failingOf(event.report);
      step.progress(`look ${event.report.polls}: ${now === '' ? 'all well' : event.report.notes}`);
      if (now !== '' && now !== last && !process.stderr.isTTY) out.say(event.report.notes);
      last = now;
    }
    if (event.type === 'github-wait') {
      const waiting = `waiting ${Math.ceil(event.ms / 1000)} s for GitHub: ${event.why}`;
      step.progress(waiting);
      if (event.ms >= longMs) void out.warn(waiting);
    }
  };
}

/** The checks that fail, by name. */
function failingOf({ checks }: Report): string {
  return checks.flatMap(({ id, status }) => (status === 'fail' ? [id] : [])).join(' ');
}
