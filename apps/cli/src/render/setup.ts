import type { Style } from '@hawser/cli-kit';
import type { MadeChoice } from '../setup/choices.js';
import type { StepResult } from '../setup/run-setup.js';

/** What a setup decided, and what became of it. */
export interface SetupFacts {
  readonly preset: string;
  /** Each value, and where it came from. */
  readonly choices: readonly MadeChoice[];
  readonly steps: readonly StepResult[];
}

/** The steps, and what became of each; without steps, the choices. */
export function renderSetup(facts: SetupFacts, style: Style): string {
  return facts.steps.length === 0 ? renderChoices(facts, style) : renderPlan(facts.steps, style);
}

/** One line a step. */
export function renderPlan(steps: readonly StepResult[], style: Style): string {
  const marks = {
    'to do': style.faint('·'),
    'done before': style.good('✓'),
    done: style.good('✓'),
    failed: style.bad('✗'),
    'not reached': style.faint('·'),
  };
  return steps
    .map(({ title, command, state }) => `${marks[state]} ${title} ${style.faint(`(${state})`)}\n  ${command}`)
    .join('\n');
}

function renderChoices({ preset, choices }: SetupFacts, style: Style): string {
  const width = Math.max(...choices.map(({ name }) => name.length));
  return choices
    .map((choice) => {
      const from = {
        flag: 'a flag',
        preset: `the preset ${preset}`,
        remembered: '.hawser/setup.json',
        answer: 'an answer',
      };
      const source = choice.variable ?? choice.where ?? from[choice.source as keyof typeof from];
      return `${choice.name.padEnd(width)}  ${style.strong(choice.value)}  ${style.faint(`from ${source}`)}`;
    })
    .join('\n');
}
