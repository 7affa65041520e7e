import { badInput } from './urls.js';

/**
 * The file of a target: `.env.<target>`.
 *
 * @throws ContextsError HAWSER_ENV_BAD_INPUT for a name that is none
 */
export function envFileName(target: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/.test(target)) {
    throw badInput(
      `'${target}' is no name of a target.`,
      'Use up to 64 letters, digits, dots, dashes and underscores, with a letter or digit at both ends.',
    );
  }
  return `.env.${target}`;
}
