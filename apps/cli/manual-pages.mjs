// The pages of docs/ that the package carries for `hawser distro docs`: how-to pages, and what is reference without being
// generated from the commands. They lie in one folder there, so their links are turned to it; what is not carried is
// shown at the repository.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blankCode, linksOf } from '../../site/markdown.mjs';

const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const repository = 'https://github.com/hawser/hawser/blob/main/';
const reference = ['errors', 'environment', 'exit-codes', 'env-files', 'exec-files'];

/** Writes the pages into a folder; answers their names. */
export async function writeManualPages(folder) {
  const howTo = (await readdir(join(docs, 'how-to'))).filter((name) => name.endsWith('.md')).toSorted();
  const pages = [...reference.map((name) => `reference/${name}.md`), ...howTo.map((name) => `how-to/${name}`)];
  // The reference of the commands is made anew from the manifest, under this name.
  const carried = new Map([...pages, 'reference/cli.md'].map((page) => [page, posix.basename(page)]));
  await mkdir(folder, { recursive: true });
  for (const page of pages) {
    const text = await readFile(join(docs, page), 'utf8');
    await writeFile(join(folder, posix.basename(page)), turned(page, text, carried));
  }
  return pages.map((page) => posix.basename(page));
}

function turned(page, text, carried) {
  let made = '';
  let from = 0;
  for (const { target, index } of linksOf(blankCode(text))) {
    if (/^[a-z]+:|^#/.test(target)) continue;
    const [path, heading] = target.split('#');
    const aim = posix.normalize(posix.join(dirname(page), path));
    const anchor = heading === undefined ? '' : `#${heading}`;
    const own = carried.get(aim);
    // A link into a page of the same folder goes to the page: its headings are numbered by whoever shows it.
    const to = own ?? `${repository}${posix.normalize(posix.join('docs', aim))}${anchor}`;
    made += text.slice(from, index) + to;
    from = index + target.length;
  }
  return made + text.slice(from);
}
