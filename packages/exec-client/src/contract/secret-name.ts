/** What a stored secret's name is made of, in words that read behind a path. */
export const secretNameLike = 'must be the name of a stored secret: 1 to 128 letters, digits, _ . - and inner /';

/**
 * Whether `name` may name a stored secret: 1 to 128 letters, digits, `_`, `.`, `-` and inner `/`, which are what the name
 * of a parameter of SSM may end in. `git/HOST` are the credentials of a git server.
 */
export function isSecretName(name: unknown): name is string {
  if (typeof name !== 'string' || name.length > 128) return false;
  return name.split('/').every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && part !== '.' && part !== '..');
}
