import type { Context } from '@hawser/cli-kit';
import { CliError } from '../errors.js';
import { renderPlan, type SetupFacts } from '../render/setup.js';
import { type Choices, choiceNames, type MadeChoice, makeChoices, presets, valuesOf } from './choices.js';
import { decisionsHere } from './decisions.js';
import { hasTunnelSet } from './has-tunnel-set.js';
import { setupDocument } from './remembered.js';
import { planSetup, runSetup } from './run-setup.js';
import { VerbRunner } from './run-verb.js';
import { makeSteps } from './steps.js';

/** What the flags of `hawser setup` say. */
export type SetupFlags = Readonly<Partial<Record<keyof Choices, string | number | boolean | undefined>>> & {
  readonly preset?: string | undefined;
  readonly overwrite: boolean;
  readonly 'dry-run': boolean;
  readonly explain: boolean;
  readonly yes: boolean;
};

/** Decides, shows, asks where somebody is there to answer, remembers, and runs. */
export async function setUp(flags: SetupFlags, context: Context & { readonly bin: string }): Promise<SetupFacts> {
  const { out, ask, state } = context;
  const document = (await state()).document(setupDocument);
  const { data: remembered } = await document.read();
  const name = flags.preset ?? remembered.preset ?? 'staging';
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset)
    throw new CliError('HAWSER_SETUP_PRESET', `There is no preset '${name}'.`, {
      hint: `Presets: ${Object.keys(presets).join(', ')}.`,
    });
  const decided = makeChoices({
    flags: said(flags),
    ...(await decisionsHere(remembered.choices[name] ?? {})),
    preset: preset.choices,
  });
  if (flags.explain) return { preset: name, choices: decided, steps: [] };
  const hasSet = await hasTunnelSet(name);
  const lacksHost = preset.steps.includes('net') && !hasSet && decided.every((choice) => choice.name !== 'host');
  const made = lacksHost && ask.interactive ? [...decided, await askHost(ask)] : decided;
  const facts = { preset: name, choices: made };
  const steps = makeSteps({
    preset: name,
    steps: preset.steps,
    choices: valuesOf(made),
    hasSet,
    overwrite: flags.overwrite,
  });
  const verbs = new VerbRunner(context.bin, context);
  const planned = await out.step('Looking what is done already', () => planSetup(steps, verbs));
  if (flags['dry-run']) return { ...facts, steps: planned };
  out.say(renderPlan(planned, await out.talkStyle()));
  if (ask.interactive && !flags.yes && !(await ask.confirm({ question: 'Go on?', flag: '--yes', suggested: true })))
    return { ...facts, steps: planned };
  const choices = Object.fromEntries(
    // What a file says may be said otherwise there tomorrow.
    made.filter(({ source }) => source !== 'preset' && source !== 'file').map(({ name: key, value }) => [key, value]),
  );
  await document.update((old) => ({ preset: name, choices: { ...old.choices, [name]: choices } }));
  const done = await runSetup(steps, planned, verbs, {
    json: out.json,
    onStep: ({ title, command }) => out.say(`${title}: ${command}`),
  });
  return { ...facts, steps: done };
}

async function askHost(ask: Context['ask']): Promise<MadeChoice> {
  const value = await ask.text({ question: 'Bastion, or managed node:', flag: '--host' });
  return { name: 'host', value, source: 'answer' };
}

function said(flags: SetupFlags): Choices {
  const given = choiceNames.flatMap((name) =>
    flags[name] === undefined ? [] : [[name, String(flags[name])] as const],
  );
  return Object.fromEntries(given);
}
