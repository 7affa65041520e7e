import { Refusal } from '../http/answer.js';

type Fields = Readonly<Record<string, unknown>>;

/** A member that must be a string; 400 where it is not. */
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw new Refusal(400, `"${name}" must be a string.`);
}

/** A member that is a string or left out. */
export function optionalText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined || fields[name] === null ? undefined : text(fields, name);
}

/** A member that must be a whole number from 0. */
export function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Refusal(400, `"${name}" must be a whole number, not negative.`);
}

/** A member that must be a list; left out it is empty. */
export function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value as readonly unknown[];
  throw new Refusal(400, `"${name}" must be a list.`);
}

/** Refuses members that are not known: a misspelt one would be lost in silence. */
export function only(fields: Fields, known: readonly string[], where: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Refusal(400, `"${unknown}" is not known in ${where}.`);
}
