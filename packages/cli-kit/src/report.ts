import { wantsDebug, wantsJson } from './argv.js';
import { toFailure } from './errors/contract.js';
import type { Failure } from './errors/contract.js';
import { failureEnvelope, renderFailure } from './errors/render.js';
import { loadStyle, takesColour } from './output/style.js';
import { createRedactor } from './redact.js';
import type { Redactor } from './redact.js';

/** Shows a failure: as JSON on stdout where JSON was asked for, else to people on stderr. */
export async function showFailure(
  failure: Failure,
  { json, debug, redactor }: { readonly json: boolean; readonly debug: boolean; readonly redactor: Redactor },
): Promise<void> {
  if (json) {
    process.stdout.write(`${JSON.stringify(redactor.value(failureEnvelope(failure)))}\n`);
    return;
  }
  const style = await loadStyle(takesColour(process.stderr, process.env));
  process.stderr.write(`${renderFailure(failure, { style, debug, redactor })}\n`);
}

/**
 * Shows an error that no command has shown, because none was running yet: a command that does not exist, or one whose
 * file cannot be loaded. Answers with the exit code.
 */
export async function reportFailure(thrown: unknown, argv: readonly string[]): Promise<number> {
  const failure = toFailure(thrown);
  await showFailure(failure, {
    json: wantsJson(argv),
    debug: wantsDebug(argv),
    redactor: createRedactor(process.env),
  });
  return failure.exitCode;
}
