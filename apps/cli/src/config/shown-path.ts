import { isAbsolute, relative, sep } from 'node:path';

/** A path as people say it: from where they stand if that is near, else from their home. */
export function shownPath(path: string, { from, home }: { readonly from: string; readonly home: string }): string {
  const near = relative(from, path);
  if (near !== '' && !isAbsolute(near) && near.split(sep).filter((step) => step === '..').length <= 3) return near;
  return path.startsWith(`${home}${sep}`) ? `~${path.slice(home.length)}` : path;
}
