import { ContextsError } from '../errors.js';
import { missingFor } from './aws-call.js';
import { verdict, type Verdict } from './verdict.js';

/** The verdict of a call that AWS did not answer as asked, with the permission it lacked. What is no such error is thrown. */
export function failedVerdict(id: Verdict['id'], error: unknown, facts: Verdict['facts'] = {}): Verdict {
  if (!(error instanceof ContextsError)) throw error;
  const { message, code, hint } = error;
  const missing = missingFor(error);
  const next = missing === undefined ? hint : `Ask for this statement: ${JSON.stringify(missing.statement)}`;
  return verdict(id, 'fail', message, { code, next, missing, facts });
}
