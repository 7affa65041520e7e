// Lays out the pages of the site as VitePress wants them, from docs/, the READMEs of the libraries, the schemas and what
// typedoc makes. A link that leads to a page is made to lead there; any other file of the tree is shown at its repository.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root, workspacePackages } from '../scripts/workspace.mjs';
import { isLeftOut, pagesIn } from './contents.mjs';
import { blankCode, linksOf, titleOf } from './markdown.mjs';

const docs = join(root, 'docs');
const repository = 'https://github.com/hawser/hawser';
const schemas = 'apps/cli/schemas';

/**
 * Writes all pages into `pages`.
 *
 * @param api the doors of the libraries, with their pages, which lie in `apiFrom`; none where only prose is wanted.
 * @returns what the sidebar shows beside docs/README.md.
 */
export function stage(pages, api, apiFrom) {
  for (const page of pagesIn(docs)) {
    if (isLeftOut(page)) continue;
    write(pages, sitePathOf(page), adapted(`docs/${page}`, sitePathOf(page)));
  }
  const folders = readdirSync(docs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of folders) {
    const name = posix.join(
      ...join(folder.parentPath, folder.name)
        .slice(docs.length + 1)
        .split(/[\\/]/),
    );
    if (isLeftOut(name) || existsSync(join(docs, name, 'README.md'))) continue;
    const inside = pagesIn(join(docs, name)).filter((page) => !isLeftOut(`${name}/${page}`));
    if (inside.length > 0) write(pages, `${name}/index.md`, indexOf(name, inside));
  }
  for (const file of readdirSync(docs, { recursive: true, encoding: 'utf8' })) {
    if (/\.(?:svg|png)$/.test(file) && !isLeftOut(file)) copy(join(docs, file), join(pages, file));
  }
  const libraries = workspacePackages()
    .filter(({ folder, manifest }) => manifest.private !== true && existsSync(join(root, folder, 'README.md')))
    .map(({ folder, name, manifest }) => {
      const page = libraryPage(folder);
      const own = api
        .filter((door) => door.name === name)
        .map(({ door, page: file }) => ({ door, page: `reference/api/${file}` }));
      write(pages, page, library(folder, own));
      return { name, page, description: manifest.description ?? '', doors: own };
    });
  write(pages, 'reference/libraries/index.md', librariesIndex(libraries));
  if (api.length > 0) cpSync(apiFrom, join(pages, 'reference/api'), { recursive: true });
  const listed = readdirSync(join(root, schemas))
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  for (const name of listed) copy(join(root, schemas, name), join(pages, 'public/schemas', name));
  write(pages, 'reference/schemas.md', schemasPage(listed));
  cpSync(join(root, 'site/public'), join(pages, 'public'), { recursive: true });
  cpSync(join(root, 'site/index.md'), join(pages, 'index.md'));
  return { libraries };
}

/** Where a page of docs/ is on the site. */
export function sitePathOf(page) {
  return page === 'README.md' ? 'contents.md' : page.replace(/(^|\/)README\.md$/, '$1index.md');
}

/** The text of a file of the tree, its links as they are from `at` on the site. */
function adapted(file, at) {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^<!--[\s\S]*?-->\n/gm, '');
  let made = '';
  let from = 0;
  for (const { target, index } of linksOf(blankCode(text))) {
    if (/^[a-z]+:|^#/.test(target)) continue;
    made += text.slice(from, index) + relativeTo(at, leadsTo(file, target));
    from = index + target.length;
  }
  return made + text.slice(from);
}

/** From one page of the site to another: VitePress leaves such links as they are, wherever the site lies. */
function relativeTo(at, target) {
  if (!target.startsWith('/')) return target;
  const way = posix.relative(posix.dirname(`/${at}`), target.split('#')[0]);
  return `${way.startsWith('.') ? '' : './'}${way}${target.slice(target.split('#')[0].length)}`;
}

/** Where a relative link of a file leads on the site. */
function leadsTo(file, target) {
  const [path, heading] = target.split('#');
  const aim = posix.normalize(posix.join(posix.dirname(file), decodeURIComponent(path))).replace(/\/$/, '');
  const anchor = heading === undefined ? '' : `#${heading}`;
  const inDocs = aim === 'docs' ? 'README.md' : aim.startsWith('docs/') ? aim.slice(5) : undefined;
  if (inDocs !== undefined && !isLeftOut(inDocs)) {
    return isFolderAt(`docs/${inDocs}`)
      ? `/${inDocs}/index.md`
      : `/${inDocs.endsWith('.md') ? sitePathOf(inDocs) : inDocs}${anchor}`;
  }
  const [, package_] =
    /^(packages\/[\w-]+|apps\/(?:cli|session-manager-plugin|sessions-web))(?:\/README\.md)?$/.exec(aim) ?? [];
  if (package_ !== undefined) return `/${libraryPage(package_)}${anchor}`;
  if (aim === schemas) return '/reference/schemas.md';
  if (aim.startsWith(`${schemas}/`)) return `/${aim.replace(schemas, 'schemas')}`;
  return `${repository}/${isFolderAt(aim) ? 'tree' : 'blob'}/main/${aim}${anchor}`;
}

/** What is not there is no folder: the link is found to lead nowhere where all are checked. */
function isFolderAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function libraryPage(folder) {
  return `reference/libraries/${folder.replace(/^\w+\//, '')}.md`;
}

/** The README of a package, and the way to its API. */
function library(folder, own) {
  const text = adapted(`${folder}/README.md`, libraryPage(folder)).trimEnd();
  if (own.length === 0) return `${text}\n`;
  const links = own.map(({ door, page }) => `- [\`@hawser/${door}\`](../../${page})`);
  return `${text}\n\n## All that is exported\n\n${links.join('\n')}\n`;
}

function librariesIndex(libraries) {
  const rows = libraries.map(
    ({ name, page, description, doors }) =>
      `| [${name}](../../${page}) | ${description} | ${doors.map(({ door, page: file }) => `[\`${door}\`](../../${file})`).join(', ')} |`,
  );
  return `# Libraries\n\nEach can be had alone. What is not exported by one of its doors does not exist for anyone else.\n\n| Package | | API |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function schemasPage(names) {
  const rows = names.map((name) => {
    const { title, description = '' } = JSON.parse(readFileSync(join(root, schemas, name), 'utf8'));
    const words = [title, description].filter(Boolean).join(': ').replaceAll('|', '\\|').replaceAll('\n', ' ');
    return `| [${name.replace(/\.json$/, '')}](../schemas/${name}) | ${words} |`;
  });
  return `# JSON schemas\n\nWhat \`data\` of each \`--json\` answer holds, in [JSON Schema](https://json-schema.org/) of 2020-12, for programs\nthat read it. The package of the command line carries them in \`dist/schemas\`, and \`hawser distro docs\` writes them out.\n\n| Schema | Holds |\n|---|---|\n${rows.join('\n')}\n`;
}

function indexOf(folder, inside) {
  const words = folder.split('/').at(-1).replaceAll('-', ' ');
  const items = inside.map((page) => {
    const title = titleOf(readFileSync(join(docs, folder, page), 'utf8')) ?? page;
    return `- [${title}](./${sitePathOf(page)})`;
  });
  return `# ${words[0].toUpperCase()}${words.slice(1)}\n\n${items.join('\n')}\n`;
}

function write(pages, path, text) {
  mkdirSync(dirname(join(pages, path)), { recursive: true });
  writeFileSync(join(pages, path), text);
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}
