// What is wrong with a built site: links and anchors that lead nowhere, and anything it would load from another host.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';

/** One line for each problem. */
export function problemsOfBuilt(folder) {
  const files = new Set(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => file.split(sep).join('/')),
  );
  const problems = [];
  const ids = new Map();
  const idsOf = (file) => {
    if (!ids.has(file)) {
      const text = readFileSync(join(folder, file), 'utf8');
      ids.set(file, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)));
    }
    return ids.get(file);
  };
  for (const file of files) {
    if (file.endsWith('.css')) {
      for (const [, url] of readFileSync(join(folder, file), 'utf8').matchAll(/url\(["']?((?:https?:)?\/\/[^)"']+)/g))
        problems.push(`${file}: loads ${url}`);
      continue;
    }
    if (!file.endsWith('.html')) continue;
    const html = readFileSync(join(folder, file), 'utf8').replaceAll(/(<script\b[^>]*>)[\s\S]*?(?=<\/script>)/g, '$1');
    for (const [, tag, attribute, value] of html.matchAll(/<(\w+)\b[^>]*?\s(href|src)="([^"]*)"/g)) {
      const target = unescape(value);
      if (/^(?:[a-z]+:)?\/\//.test(target)) {
        if (tag !== 'a') problems.push(`${file}: <${tag} ${attribute}> loads ${target}`);
        continue;
      }
      // Where the page for what is missing stands is not known before it is asked for.
      if (/^(?:mailto|data):/.test(target) || file === '404.html') continue;
      if (target.startsWith('/')) {
        problems.push(`${file}: ${target} is not relative`);
        continue;
      }
      const [path, anchor] = target.split('#');
      const aim = path === '' ? file : aimOf(files, posix.join(dirname(file), decodeURIComponent(path.split('?')[0])));
      if (aim === undefined || !existsSync(join(folder, aim))) problems.push(`${file}: ${target} leads nowhere`);
      else if (anchor && aim.endsWith('.html') && !idsOf(aim).has(decodeURIComponent(anchor)))
        problems.push(`${file}: ${target}: ${aim} has no such heading`);
    }
  }
  return problems;
}

function aimOf(files, path) {
  const clean = path.replace(/\/$/, '');
  const all = [clean, clean === '.' || clean === '' ? 'index.html' : `${clean}/index.html`];
  return all.find((candidate) => files.has(candidate) && /\.\w+$/.test(candidate));
}

function unescape(text) {
  return text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
}
