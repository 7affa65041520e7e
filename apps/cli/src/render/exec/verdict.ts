import type { Style } from '@hawser/cli-kit';
import type { Json, ReceiptClaim, Verdict } from '@hawser/receipts';

type Body = ReceiptClaim['body'];

/** What a receipt says, and of each thing in it whether it holds. */
export function renderVerdict({ ok, claim, checks }: Verdict, style: Style): string {
  const marks = { ok: style.good('✓'), wrong: style.bad('✗'), unknown: style.warn('?') };
  return [
    ...(claim ? renderClaim(claim) : []),
    ...checks.map(({ verdict, name, text }) => `${marks[verdict]} ${name}: ${text}`),
    ok ? style.good('The receipt holds.') : style.bad(conclusion(checks)),
  ].join('\n');
}

function conclusion(checks: Verdict['checks']): string {
  const wrong = checks.filter(({ verdict }) => verdict === 'wrong').map(({ name }) => name);
  if (wrong.length > 0) return `The receipt is wrong: ${wrong.join(', ')}.`;
  return 'Nobody vouches for the receipt: its signer is unknown. --public-key FILE says who is trusted.';
}

/** Who, what, where, and how it ended: what the body of an execution's claim holds, as far as it does. */
function renderClaim({ subject, issuer, issued_at, number, body }: ReceiptClaim): readonly string[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Execution', subject],
    ['Signed', `${issued_at} by ${issuer}, number ${number} of its chain`],
    ...Object.entries(body).map(([name, value]): readonly [string, string | undefined] => [
      titleOf(name),
      wordOf(value),
    ]),
  ];
  return rows.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [`${`${name}:`.padEnd(17)}${text}`]));
}

function titleOf(name: keyof Body & string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;
}

function wordOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((each: Json) => wordOf(each)).join(', ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .flatMap(([name, inner]) => (inner === undefined || inner === null ? [] : [`${name} ${wordOf(inner)}`]))
    .join(', ');
}
