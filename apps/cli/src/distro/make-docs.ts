import { renderCompletions } from './completions.js';
import { renderHtml } from './html.js';
import { renderManPages } from './man.js';
import { renderGuides, renderTopics } from './man-guides.js';
import { renderReference } from './markdown.js';
import { type Manual, readManual } from './manual.js';
import type { PackageFiles } from './package-files.js';

/** The manuals of a package, by their path below the folder they go to. The same package makes the same bytes. */
export function makeDocs(
  files: PackageFiles,
  options: { readonly date: string },
): { readonly manual: Manual; readonly docs: ReadonlyMap<string, string> } {
  const manual = readManual(files);
  const reference = renderReference(manual, {
    schemas: 'schemas',
    note: `Made by ${manual.bin} distro docs from ${manual.packageName} ${manual.version}.`,
  });
  const guides = below(files, 'dist/docs/').map(([name, markdown]) => ({ id: name.replace(/\.md$/, ''), markdown }));
  const pages = [{ id: 'cli', markdown: reference }, ...guides];
  return {
    manual,
    docs: new Map([
      ...pages.map(({ id, markdown }): [string, string] => [`${id}.md`, markdown]),
      [`${manual.bin}.html`, renderHtml(manual, pages)],
      ...[...renderManPages(manual, options.date)].map(([name, text]): [string, string] => [`man/man1/${name}`, text]),
      ...[...renderTopics(manual, options.date)].map(([name, text]): [string, string] => [`man/man1/${name}`, text]),
      ...[...renderGuides(manual, guides, options.date)].map(([name, text]): [string, string] => [
        `man/man7/${name}`,
        text,
      ]),
      ...[...renderCompletions(manual)].map(([name, text]): [string, string] => [`completions/${name}`, text]),
      ...below(files, 'dist/schemas/').map(([name, text]): [string, string] => [`schemas/${name}`, text]),
    ]),
  };
}

function below(files: PackageFiles, folder: string): [string, string][] {
  return [...files]
    .filter(([path]) => path.startsWith(folder))
    .map(([path, text]): [string, string] => [path.slice(folder.length), text])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The date that stands in man pages: of `SOURCE_DATE_EPOCH` (reproducible-builds.org), else the one npm gives every
 * file it packs, so that the same package makes the same bytes on every day.
 */
export function dateOf(environment: Readonly<Record<string, string | undefined>>): string {
  const seconds = Number(environment['SOURCE_DATE_EPOCH'] ?? '499162500');
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? '1985-10-26' : date.toISOString().slice(0, 10);
}
