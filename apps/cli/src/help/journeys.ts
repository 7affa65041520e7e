import type { HelpLayout } from './render.js';

/** What people come for, each with commands that work as they stand: what the program shows when nothing is asked. */
export const journeys: readonly {
  readonly name: string;
  readonly about: string;
  readonly steps: readonly (readonly [command: string, does: string])[];
}[] = [
  {
    name: 'REACH',
    about: 'machines, services and clusters',
    steps: [
      ['hawser ssm start i-0123456789abcdef0', 'a shell on a managed node'],
      ['hawser net up staging', 'tunnels that stay up'],
    ],
  },
  {
    name: 'RUN',
    about: 'commands where they belong',
    steps: [
      ['hawser exec "echo hello"', 'in a clean clone, with its true exit code'],
      ['hawser sessions run "echo hello"', 'in a terminal behind a link'],
    ],
  },
  {
    name: 'SHIP',
    about: 'environments to Hugging Face Spaces',
    steps: [
      ['hawser hf plan echo_env', 'what a push would change'],
      ['hawser hf push echo_env', 'no commit when nothing changed'],
    ],
  },
  {
    name: 'TRY',
    about: 'all of it here, without an account',
    steps: [
      ['hawser tour', 'see it happen, on real processes'],
      ['hawser local up', 'the services that the rest needs, on this machine'],
      ['hawser doctor', 'what is missing on this machine'],
    ],
  },
];

/** The journeys as a screen. */
export function renderJourneys({ bin, style }: HelpLayout): string {
  const width = Math.max(...journeys.flatMap(({ steps }) => steps.map(([command]) => command.length))) + 2;
  const blocks = journeys.map(({ name, about, steps }) =>
    [
      `${style.strong(name)} ${style.faint(about)}`,
      ...steps.map(([command, does]) => `  $ ${command.padEnd(width)}${style.faint(does)}`),
    ].join('\n'),
  );
  const more = `${bin} --help lists every command, ${bin} COMMAND --help explains one.`;
  return `${[`${bin} reaches, runs and ships, wherever that is.`, ...blocks, more].join('\n\n')}\n`;
}
