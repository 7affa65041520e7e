// The manual as a site: node scripts/site.mjs [--brief] [--check] [--serve [--port=N]]
// Builds it below .cache/site unless nothing it is made of has changed, and checks it: every link and anchor leads
// somewhere, nothing is loaded from elsewhere. --serve shows it on loopback; --brief leaves out the pages that are made of
// the libraries, and those of most errors.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doors, makeApiPages } from '../site/api.mjs';
import { problemsOfBuilt } from '../site/check-built.mjs';
import { digestOf } from '../site/digest.mjs';
import { relocate } from '../site/relocate.mjs';
import { serveFolder } from '../site/serve.mjs';
import { stage } from '../site/stage.mjs';
import { cache, report, root, trackedFiles } from './workspace.mjs';

const words = process.argv.slice(2);
const work = process.env.HAWSER_SITE_WORK ?? join(cache, 'site');
process.env.HAWSER_SITE_WORK = work;
const dist = join(work, 'dist');
const isBrief = words.includes('--brief');
process.env.HAWSER_SITE_BRIEF = isBrief ? '1' : '0';

await build(!isBrief);
report(problemsOfBuilt(dist));
if (words.includes('--serve')) {
  const port = Number(words.find((word) => word.startsWith('--port='))?.slice(7) ?? 4173);
  const { url } = await serveFolder(dist, port);
  process.stdout.write(`The manual: ${url} (Ctrl-C ends it)\n`);
} else {
  process.stdout.write(`The manual: ${join(dist, 'index.html')}; npm run site -- --serve shows it\n`);
}

async function build(hasApi) {
  const sources = trackedFiles(
    'docs',
    'site',
    'scripts/site.mjs',
    'packages/*/README.md',
    'apps/*/README.md',
    'apps/cli/schemas',
  );
  const declarations = hasApi ? doors().map(({ types }) => types) : [];
  const now = digestOf([...sources.map((file) => join(root, file)), ...declarations]) + (hasApi ? ' with api' : '');
  const stamp = join(work, 'stamp');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  rmSync(stamp, { force: true });
  const pages = join(work, 'pages');
  const apiPages = join(work, 'api');
  for (const folder of [pages, apiPages, dist]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(pages, { recursive: true });
  const api = hasApi ? await makeApiPages({ pages: apiPages, work: join(work, 'typedoc') }) : [];
  writeFileSync(join(work, 'staged.json'), JSON.stringify(stage(pages, api, apiPages)));
  const { build: vitepress } = await import('vitepress');
  await vitepress(fileURLToPath(new URL('../site', import.meta.url)));
  relocate(dist);
  writeFileSync(stamp, now);
}
