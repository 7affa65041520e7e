import { json, type Answer } from '../http/answer.js';
import type { Call } from '../http/call.js';
import type { Route } from '../http/serve.js';
import { readCard } from '../state/card.js';
import { only, text } from './fields.js';

/** A second opinion on a README's front matter, before it is committed. */
export const validateRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/api\/validate-yaml$/u, answer: (call) => validate(call) },
];

async function validate(call: Call): Promise<Answer> {
  const fields = await call.body.json();
  only(fields, ['content', 'repoType'], 'a validation');
  const { errors, warnings } = readCard(text(fields, 'content'));
  const said = { errors: errors.map(sayIt), warnings: warnings.map(sayIt) };
  return errors.length === 0 ? json(said) : { status: 400, json: { error: errors.join('\n'), ...said } };
}

function sayIt(message: string): { readonly message: string } {
  return { message };
}
