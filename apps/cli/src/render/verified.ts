import type { Style } from '@hawser/cli-kit';
import type { Verified } from '../verify/verify-file.js';

/** Who made it, when, what it claims, what was checked, what is missing; and what follows of all that. */
export function renderVerified(verified: Verified, style: Style): string {
  const { file, kind, madeBy, madeAt, claims, checked, missing } = verified;
  const marks = { ok: style.good('✓'), wrong: style.bad('✗'), unknown: style.warn('?') };
  const { issuer, keyId } = madeBy;
  const maker = issuer ?? (keyId === undefined ? 'nobody says' : `the key ${keyId}`);
  return [
    `${style.strong(file)}: a receipt of the kind ${kind}`,
    `Made by: ${maker}${madeBy.known ? '' : ' (unknown here)'}`,
    ...(madeAt === undefined ? [] : [`Made at: ${madeAt}`]),
    ...section('Claims:', claims),
    ...section(
      'Checked:',
      checked.map(({ verdict, name, text }) => `${marks[verdict]} ${name}: ${text}`),
    ),
    ...section('Missing:', missing),
    conclusion(verified, style),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line.replaceAll('\n', '\n    ')}`)];
}

function conclusion({ ok, madeBy, checked }: Verified, style: Style): string {
  const wrong = checked.filter(({ verdict }) => verdict === 'wrong').map(({ name }) => name);
  if (wrong.length > 0) return style.bad(`The receipt is wrong: ${wrong.join(', ')}.`);
  if (ok && madeBy.known) return style.good('The receipt holds.');
  return style.bad('Nobody vouches for the receipt: its signer is unknown. --public-key FILE says who is trusted.');
}
