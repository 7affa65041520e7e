// Navigation, from the contents of docs/README.md and from what was generated beside them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/workspace.mjs';
import { isLeftOut, pagesIn } from './contents.mjs';
import { titleOf } from './markdown.mjs';
import { sitePathOf } from './stage.mjs';

const docs = join(root, 'docs');

/** One entry a section. */
export function navOf({ sections }) {
  return sections.map(({ title, groups }) => ({
    text: title,
    link: linkTo(groups[0].items[0].path),
    activeMatch: `^/${folderOf(groups[0].items[0].path)}(?:[./]|$)`,
  }));
}

/** One sidebar for each section, by the folder its pages lie in. */
export function sidebarOf({ sections }, { libraries }) {
  return Object.fromEntries(
    sections
      .map(({ title, groups }) => {
        const folder = folderOf(groups[0].items[0].path);
        const own = groups.map((group) => ({
          text: group.title ?? title,
          items: group.items.filter(({ path }) => !isLeftOut(path)).map(entryOf),
        }));
        return [`/${folder}`, folder === 'reference' ? [...own, ...generated(libraries)] : own];
      })
      .concat([
        [
          '/adr/',
          [{ text: 'Decisions', items: pagesIn(join(docs, 'adr')).map((page) => entryOf({ path: `adr/${page}` })) }],
        ],
      ]),
  );
}

function entryOf({ text, path }) {
  if (path.endsWith('.md'))
    return { text: plain(text ?? titleOf(readFileSync(join(docs, path), 'utf8')) ?? path), link: linkTo(path) };
  const items = pagesIn(join(docs, path))
    .map((page) => `${path}/${page}`)
    .filter((page) => !isLeftOut(page))
    .map((page) => entryOf({ path: page }));
  return { text: plain(text), link: `/${path}/`, collapsed: true, items };
}

function generated(libraries) {
  return [
    { text: 'Data', items: [{ text: 'JSON schemas', link: '/reference/schemas' }] },
    {
      text: 'Libraries',
      items: [
        { text: 'Overview', link: '/reference/libraries/' },
        ...libraries.map(({ name, page, doors }) => ({
          text: name.replace('@hawser/', ''),
          link: `/${page.replace(/\.md$/, '')}`,
          ...(doors.length > 0 && {
            collapsed: true,
            items: doors.map(({ door, page: file }) => ({ text: door, link: `/${file.replace(/\.md$/, '')}` })),
          }),
        })),
      ],
    },
  ];
}

function linkTo(path) {
  const page = path.endsWith('.md') ? sitePathOf(path) : `${path}/index.md`;
  return `/${page.replace(/(^|\/)index\.md$/, '$1').replace(/\.md$/, '')}`;
}

function folderOf(path) {
  return path.split('/')[0].replace(/\.md$/, '');
}

/** Sidebars show text, not Markdown. */
function plain(text) {
  return text.replaceAll('`', '');
}
