// What the programs beside this one have in common.
import { defineDocument, openStore } from '@hawser/state-store';

const schema = { type: 'object' };
const validate = (data) => typeof data === 'object' && data !== null && Number.isSafeInteger(data.count);

export const counter = defineDocument({ name: 'counter', version: 1, schema, validate, default: () => ({ count: 0 }) });
export const second = defineDocument({ name: 'second', version: 1, schema, validate, default: () => ({ count: 0 }) });

export function storeIn(folder, lockTimeoutMs = 120_000) {
  return openStore({ from: folder, env: {}, lockTimeoutMs, writer: { tool: 'program', version: '1' } });
}

export function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Ends with what went wrong as JSON, so that a test can look at it. */
export async function run(work) {
  try {
    say({ ok: true, result: await work() });
  } catch (error) {
    say({
      ok: false,
      name: error.name,
      code: error.code,
      exitCode: error.exitCode,
      message: error.message,
      hint: error.hint,
      details: error.details,
    });
  }
}
