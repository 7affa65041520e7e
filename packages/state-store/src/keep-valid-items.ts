import type { SchemaComplaint, Validator } from './validator.js';

/**
 * A `recover` for documents that are lists or hold lists: leaves out the list items that do not fit the schema and
 * keeps the others. Gives up when something outside of a list is wrong.
 *
 * The file as it was goes to the quarantine in any case, so that no item is lost.
 */
export function keepValidItems(data: unknown, validate: Validator): unknown {
  const kept: unknown = structuredClone(data);
  while (!validate(kept)) {
    const removed = (validate.errors ?? []).some((complaint) => removeItem(kept, complaint));
    if (!removed) return undefined;
  }
  return kept;
}

/** Removes the outermost list item the complaint lies in; says whether there was one. */
function removeItem(root: unknown, { instancePath }: SchemaComplaint): boolean {
  let at = root;
  for (const segment of instancePath.split('/').slice(1)) {
    if (Array.isArray(at)) {
      at.splice(Number(segment), 1);
      return true;
    }
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return false;
}
