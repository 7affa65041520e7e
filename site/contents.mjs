// The order of the manual. docs/README.md is its one source: sections by `##`, groups by `###`, and a list of links to
// pages and to whole folders. What no link leads to is not in the manual, and fails the check.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { blankCode, linksOf } from './markdown.mjs';

/**
 * What docs/README.md lists: `{ sections: [{ title, groups: [{ title, items: [{ text, path }] }] }] }`, where a path is
 * relative to `docs`, of a page (`how-to/copy-files.md`) or of a folder without a page of its own (`promises`).
 */
export function readContents(docs) {
  /** @type {{ title: string, groups: { title?: string, items: { text: string, path: string }[] }[] }[]} */
  const sections = [];
  for (const line of blankCode(readFileSync(join(docs, 'README.md'), 'utf8')).split('\n')) {
    const [, marks, title] = /^(##|###)\s+(.+?)\s*$/.exec(line) ?? [];
    if (marks === '##') sections.push({ title, groups: [{ items: [] }] });
    else if (marks === '###') sections.at(-1)?.groups.push({ title, items: [] });
    const [, entry] = /^\s*[-*]\s+(.+)$/.exec(line) ?? [];
    if (entry === undefined || sections.length === 0) continue;
    for (const { target, text } of linksOf(entry)) {
      const path = /^[a-z]+:|^#|^\.\./.test(target) ? undefined : pageAt(docs, target.split('#')[0]);
      if (path !== undefined) sections.at(-1)?.groups.at(-1)?.items.push({ text, path });
    }
  }
  for (const section of sections) section.groups = section.groups.filter(({ items }) => items.length > 0);
  return { sections: sections.filter(({ groups }) => groups.length > 0) };
}

/** Of docs/, what is written for whoever changes the tree, and read there. */
const forBuilders = /^promises(?:\/|$)/;
/** The many pages that are alike. */
const alike = /^reference\/errors\/HAWSER_(?!CLI_)/;

/** Whether a page of docs/ is not on the site: with HAWSER_SITE_BRIEF, those of errors save the command line's, too. */
export function isLeftOut(page) {
  return forBuilders.test(page) || (process.env.HAWSER_SITE_BRIEF === '1' && alike.test(page));
}

/** All pages below `docs`, relative to it. */
export function pagesIn(docs) {
  return readdirSync(docs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) =>
      posix.join(
        ...join(entry.parentPath, entry.name)
          .slice(docs.length + 1)
          .split(/[\\/]/),
      ),
    )
    .toSorted();
}

/** Pages that cannot be reached from docs/README.md, however many links one follows. */
export function unreachablePages(docs) {
  const reached = new Set(['README.md']);
  const waiting = ['README.md'];
  for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
    for (const { target } of linksOf(blankCode(readFileSync(join(docs, page), 'utf8')))) {
      if (/^[a-z]+:|^#/.test(target)) continue;
      const aim = posix.normalize(posix.join(dirname(page), decodeURIComponent(target.split('#')[0])));
      if (aim.startsWith('..')) continue;
      for (const found of pagesAt(docs, aim)) {
        if (reached.has(found)) continue;
        reached.add(found);
        waiting.push(found);
      }
    }
  }
  return pagesIn(docs).filter((page) => !reached.has(page));
}

/** A link to a folder stands for all pages in it. */
function pagesAt(docs, aim) {
  const place = join(docs, aim);
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return aim.endsWith('.md') ? [aim] : [];
  return pagesIn(place).map((page) => posix.join(aim, page));
}

function pageAt(docs, target) {
  const aim = target.replace(/\/$/, '');
  const place = join(docs, aim);
  if (!existsSync(place)) return undefined;
  if (!statSync(place).isDirectory()) return aim.endsWith('.md') ? aim : undefined;
  return existsSync(join(place, 'README.md')) ? posix.join(aim, 'README.md') : aim;
}
