import { matchesPattern } from './pattern.js';
import type { Policy, Statement } from './roles.js';

/** One thing that somebody wants to do. */
export interface Wish {
  /** e.g. `ecs:RunTask`. */
  readonly action: string;
  /** An ARN, or `*` where the action takes none. */
  readonly resource: string;
  /** What conditions can ask for, by lower-case key. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether policies allow something: a statement that allows it, and none that denies it. */
export function isAllowed(policies: readonly Policy[], wish: Wish): boolean {
  const applying = policies.flatMap(({ statements }) => statements).filter((statement) => applies(statement, wish));
  return applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny');
}

function applies(statement: Statement, wish: Wish): boolean {
  const action = wish.action.toLowerCase();
  const isNamed = (patterns: string | readonly string[]): boolean =>
    [patterns].flat().some((pattern) => matchesPattern(pattern.toLowerCase(), action));
  if (statement.Action !== undefined && !isNamed(statement.Action)) return false;
  if (statement.NotAction !== undefined && isNamed(statement.NotAction)) return false;
  if (statement.Resource !== undefined) {
    const resources = [statement.Resource].flat();
    if (!resources.some((pattern) => pattern === '*' || matchesPattern(pattern, wish.resource))) return false;
  }
  return Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => holds(operator, wish.context[key.toLowerCase()], [values].flat())),
  );
}

/** An operator that is not known never holds: what it would allow stays forbidden. */
function holds(operator: string, value: string | undefined, wanted: readonly string[]): boolean {
  switch (operator) {
    case 'StringEquals':
      return value !== undefined && wanted.includes(value);
    case 'StringNotEquals':
      return value === undefined || !wanted.includes(value);
    case 'StringLike':
    case 'ArnEquals':
    case 'ArnLike':
      return value !== undefined && wanted.some((pattern) => matchesPattern(pattern, value));
    default:
      return false;
  }
}
