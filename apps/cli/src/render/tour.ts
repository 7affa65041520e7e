import type { Style } from '@hawser/cli-kit';
import type { PlayedAct } from '../tour/act.js';

/** Where each act goes on with things of one's own. */
const journeys: readonly (readonly [string, string])[] = [
  ['hawser ssm start TARGET', 'a shell on a machine of yours; ssm cp, ssm forward'],
  ['hawser net up SET', 'tunnels that stay up; net run SET -- COMMAND'],
  ['hawser exec "COMMAND"', 'in a clean clone, here or in AWS, with a receipt'],
  ['hawser sessions run -- COMMAND', 'in a terminal that outlives every connection'],
  ['hawser hf push ENV', 'to a Space, proven'],
  ['hawser local up', 'all that it was played against, to try things by hand, or in CI'],
  ['hawser doctor', 'what is missing on this machine'],
];

/** What was proved in all, in a sentence. */
export function renderTour({
  acts,
  seconds,
}: {
  readonly acts: readonly PlayedAct[];
  readonly seconds: number;
}): string {
  const [only] = acts;
  const what = acts.length === 1 ? `Act ${only?.id} was proved` : `All ${acts.length} acts of the tour were proved`;
  return `${what} in ${seconds.toFixed(1)} s.`;
}

/** Where to go from there. */
export function renderWhatNext(style: Style): string {
  const width = Math.max(...journeys.map(([command]) => command.length));
  return [
    '',
    style.strong('What next, with things of your own:'),
    ...journeys.map(([command, what]) => `  ${command.padEnd(width)}  ${style.faint(what)}`),
  ].join('\n');
}
