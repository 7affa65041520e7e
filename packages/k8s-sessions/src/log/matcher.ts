import { createContext, Script } from 'node:vm';
import { SessionsError } from '../errors.js';

/** Milliseconds one look through a batch of lines may take: a pattern can be made to run for years. */
const timeoutMs = 250;

/** Finds the first of some lines that a regular expression matches; -1 for none. */
export type Matcher = (lines: readonly string[]) => number;

/**
 * Makes a matcher of a pattern in JavaScript's syntax.
 *
 * @throws SessionsError HAWSER_SESSIONS_BAD_INPUT when it is none, and from the matcher when it takes too long.
 */
export function createMatcher(pattern: string): Matcher {
  try {
    // Built once here to learn whether it is one at all.
    void new RegExp(pattern, 'u');
  } catch (cause) {
    throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${pattern} is no regular expression.`, { cause });
  }
  // In a context of its own, because only there a running pattern can be stopped.
  const context = createContext({ pattern, lines: [] as readonly string[] });
  new Script('expression = new RegExp(pattern, "u")').runInContext(context);
  const script = new Script('lines.findIndex((line) => expression.test(line))');
  return (lines) => {
    context['lines'] = lines;
    try {
      return script.runInContext(context, { timeout: timeoutMs }) as number;
    } catch (cause) {
      throw new SessionsError('HAWSER_SESSIONS_BAD_INPUT', `${pattern} takes too long to look for.`, {
        hint: 'Repetitions within repetitions do that; write it without.',
        cause,
      });
    }
  };
}
