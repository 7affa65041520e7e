// Makes a built site one that opens from wherever it lies. VitePress wants to know the path it will be served at; it is
// told a placeholder, which becomes the way up to the site's own root: as a relative path in pages and styles, and in
// scripts as what a page has found out from its own address.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The base that VitePress is told. */
export const placeholder = '/__hawser_base__/';

const found = 'globalThis.__hawserBase';

/** Rewrites every page, script and style of the built site. */
export function relocate(folder) {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(?:html|js|css)$/.test(file)) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    if (!file.endsWith('.html') && !text.includes(placeholder)) continue;
    const depth = file.split(sep).length - 1;
    const made = file.endsWith('.js')
      ? script(text)
      : file.endsWith('.css')
        ? up(text, depth)
        : page(text, depth, file);
    if (made.includes(placeholder)) throw new Error(`${file} still holds the placeholder of the base`);
    writeFileSync(join(folder, file), made);
  }
}

function up(text, depth) {
  return text.replaceAll(placeholder, depth === 0 ? './' : '../'.repeat(depth));
}

/** A page that stands for any missing one may lie anywhere: it takes the host's root for the site's. */
function page(text, depth, file) {
  const where =
    file === '404.html' ? '"/"' : `new URL("${depth === 0 ? './' : '../'.repeat(depth)}",location.href).pathname`;
  const told = text.replaceAll(/JSON\.parse\("(?:[^"\\]|\\.)*"\)/g, (call) =>
    call.includes(placeholder)
      ? `${call.slice(0, -1).replaceAll(placeholder, '@base@')}.replaceAll("@base@",${found}))`
      : call,
  );
  return up(told, depth).replace('<head>', `<head><script>${found}=${where}</script>`);
}

/** In a script the placeholder begins a text, in whichever quotes; but for the index of the search, which is one JSON text. */
function script(text) {
  const index = /^const (\w+)='\{"documentCount"/.exec(text);
  if (index) {
    const end = text.lastIndexOf("'");
    return `${text.slice(0, end + 1).replaceAll(placeholder, '@base@')}.replaceAll("@base@",${found})${text.slice(end + 1)}`;
  }
  return text
    .replaceAll(/(["'])\/__hawser_base__\/\1/g, `(${found})`)
    .replaceAll(/(["'])\/__hawser_base__\//g, (_, quote) => `(${found})+${quote}`)
    .replaceAll(/`\/__hawser_base__\//g, `\`\${${found}}`);
}
