// The site. Everything it shows is laid out by scripts/site.mjs below .cache/site; the order is that of docs/README.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readContents } from '../contents.mjs';
import { anchorOf } from '../markdown.mjs';
import { placeholder } from '../relocate.mjs';
import { navOf, sidebarOf } from '../sidebar.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const work = process.env.HAWSER_SITE_WORK ?? join(root, '.cache/site');
const contents = readContents(join(root, 'docs'));
const staged = JSON.parse(readFileSync(join(work, 'staged.json'), 'utf8'));

export default {
  title: 'Hawser',
  description: 'Reach machines, run commands, ship environments: the manual.',
  lang: 'en',
  base: placeholder,
  srcDir: join(work, 'pages'),
  cacheDir: join(work, 'vite'),
  outDir: join(work, 'dist'),
  appearance: true,
  lastUpdated: false,
  // site/check-built.mjs looks at all of them, anchors too.
  ignoreDeadLinks: true,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${placeholder}mark.svg` }]],
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    anchor: { slugify: anchorOf },
    // What looks like markup in our pages is meant literally.
    attrs: { disable: true },
    config: (md) => {
      md.set({ html: false });
      md.inline.ruler.before('text', 'own_anchor', ownAnchor);
      md.renderer.rules.own_anchor = (tokens, index) => `<a id="${tokens[index].content}"></a>`;
      md.renderer.rules.text = (tokens, index) =>
        md.utils.escapeHtml(tokens[index].content).replaceAll('{{', '&#123;&#123;');
    },
  },
  vite: { build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 8_000 }, logLevel: 'error' },
  themeConfig: {
    logo: { src: '/mark.svg', alt: '' },
    nav: navOf(contents),
    sidebar: sidebarOf(contents, staged),
    outline: { level: [2, 3], label: 'On this page' },
    search: {
      provider: 'local',
      options: {
        detailedView: true,
        _render: indexed,
        miniSearch: { searchOptions: { boost: { title: 8, titles: 3 } } },
      },
    },
    docFooter: { prev: 'Before', next: 'Next' },
    externalLinkIcon: true,
  },
};

/** What the search knows of a page: of libraries the names, not every heading below them. */
function indexed(source, env, md) {
  const html = md.render(source, env);
  return env.relativePath.startsWith('reference/api/') ? html.replaceAll(/<(\/?)h[456]\b[^>]*>/g, '<$1p>') : html;
}

/** `<a id="…"></a>`, by which typedoc marks rows of its tables. */
function ownAnchor(state, silent) {
  const [all, id] = /^<a id="([\w.-]+)"><\/a>/.exec(state.src.slice(state.pos, state.pos + 200)) ?? [];
  if (all === undefined) return false;
  if (!silent) state.push('own_anchor', 'a', 0).content = id;
  state.pos += all.length;
  return true;
}
