import { parseDuration } from '@hawser/cli-kit';
import type { ChaosOptions } from '@hawser/emulators/ssm';
import { CliError } from '../errors.js';

/** Kinds of trouble by the name people type: a share of all frames, or a span of time. */
const kinds: Readonly<Record<string, { readonly option: keyof ChaosOptions; readonly is: 'share' | 'time' }>> = {
  lose: { option: 'lose', is: 'share' },
  duplicate: { option: 'duplicate', is: 'share' },
  reorder: { option: 'reorder', is: 'share' },
  truncate: { option: 'truncate', is: 'share' },
  delay: { option: 'delayMs', is: 'time' },
  'cut-every': { option: 'cutEveryMs', is: 'time' },
  'half-open-every': { option: 'halfOpenEveryMs', is: 'time' },
  'pause-every': { option: 'pauseEveryMs', is: 'time' },
};

/** The kinds, for help and errors. */
export const chaosKinds: string = Object.keys(kinds).join(', ');

/** Reads `lose=0.01,cut-every=500ms`. Throws `HAWSER_EMULATE_CHAOS` for what makes no sense. */
export function parseChaos(text: string): ChaosOptions {
  const chaos: Partial<Record<keyof ChaosOptions, number>> = {};
  for (const part of text.split(',')) {
    const [name = '', amount = ''] = part.split('=', 2).map((word) => word.trim());
    const kind = kinds[name];
    if (!kind)
      throw new CliError('HAWSER_EMULATE_CHAOS', `There is no chaos called '${name}': there is ${chaosKinds}.`);
    chaos[kind.option] = kind.is === 'share' ? share(name, amount) : parseDuration(amount);
  }
  return chaos;
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 1) return value;
  throw new CliError(
    'HAWSER_EMULATE_CHAOS',
    `'${text}' is no share of frames for ${name}: it must be between 0 and 1.`,
  );
}
