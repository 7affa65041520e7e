import { ContextsError } from '../errors.js';
import { isMap } from '../files.js';

const LISTS = ['clusters', 'users', 'contexts'] as const;

/**
 * Sees to it that what is to be edited is a kubeconfig: its lists are lists of maps, its choice is a text.
 *
 * @throws ContextsError HAWSER_CTX_FILE_INVALID
 */
export function checkShape(path: string, value: unknown): void {
  const refuse = (what: string): never => {
    throw new ContextsError('HAWSER_CTX_FILE_INVALID', `${path} is no kubeconfig: ${what}.`, {
      details: { file: path },
    });
  };
  if (!isMap(value)) return refuse('it is not a map');
  for (const list of LISTS) {
    const items = value[list] ?? [];
    if (!Array.isArray(items)) refuse(`'${list}' is not a list`);
    else if (!items.every(isMap)) refuse(`'${list}' holds something that is not a map`);
  }
  const current = value['current-context'] ?? '';
  if (typeof current !== 'string') refuse(`'current-context' is not a text`);
}
