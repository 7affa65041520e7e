import { compileGlob, type Glob } from './glob.js';

/**
 * Reads a .dockerignore: answers whether a path of the build context is left out. The last pattern that matches the
 * path or a folder above it decides; `!` takes back, also below a folder that is left out.
 *
 * @see Docker's documentation of .dockerignore files, and moby's patternmatcher.
 */
export function parseDockerignore(text: string): (path: string) => boolean {
  const rules = text.split(/\r?\n/).flatMap((line) => ruleOf(line));
  return (path) => {
    const names = path.split('/');
    const paths = names.map((_, depth) => names.slice(0, depth + 1).join('/'));
    let ignored = false;
    for (const { pattern, isException } of rules)
      if (ignored === isException && paths.some((each) => pattern.test(each))) ignored = !isException;
    return ignored;
  };
}

function ruleOf(line: string): { readonly pattern: Glob; readonly isException: boolean }[] {
  if (line.startsWith('#')) return [];
  let text = line.trim();
  const isException = text.startsWith('!');
  if (isException) text = text.slice(1).trim();
  const cleaned = text
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
  const pattern = cleaned === '' ? undefined : compileGlob(cleaned, { doubleStar: true });
  return pattern ? [{ pattern, isException }] : [];
}
