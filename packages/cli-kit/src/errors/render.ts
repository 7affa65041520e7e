import { inspect } from 'node:util';
import type { Redactor } from '../redact.js';
import type { Style } from '../output/style.js';
import type { Failure } from './contract.js';

/** The `--json` form of success. */
export interface SuccessEnvelope {
  readonly ok: true;
  readonly data: unknown;
  readonly warnings: readonly string[];
}

/** The `--json` form of failure. */
export interface FailureEnvelope {
  readonly ok: false;
  readonly error: Omit<Failure, 'thrown'>;
}

/** A failure as `--json` prints it. */
export function failureEnvelope({ thrown: _, ...error }: Failure): FailureEnvelope {
  return { ok: false, error };
}

/** A failure for people: what happened, what to do next, and under `--debug` where it came from. */
export function renderFailure(
  failure: Failure,
  { style, debug, redactor }: { readonly style: Style; readonly debug: boolean; readonly redactor: Redactor },
): string {
  const lines = [`${style.bad('✗')} ${failure.message}`];
  if (failure.hint !== undefined) lines.push(indent(failure.hint));
  if (debug) {
    lines.push(style.faint(indent(`${failure.code}, exit code ${failure.exitCode}: hawser explain ${failure.code}`)));
    lines.push(style.faint(indent(inspect(failure.thrown, { depth: 6 }))));
  }
  return redactor.text(lines.join('\n'));
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
