import { Marked } from 'marked';
import type { Manual } from './manual.js';

/** A page of the manual, in Markdown. */
export interface Page {
  readonly id: string;
  readonly markdown: string;
}

/** All pages in one file that needs no other: it can be mailed, and read without a network. */
export function renderHtml({ bin, version, description }: Manual, pages: readonly Page[]): string {
  const contents: { readonly depth: number; readonly id: string; readonly html: string }[] = [];
  const ids = pages.map(({ id }) => id);
  const sections = pages.map(({ id: page, markdown }) => {
    const marked = new Marked({
      async: false,
      renderer: {
        heading({ tokens, depth }) {
          const html = this.parser.parseInline(tokens);
          const id = depth === 1 ? page : `${page}-${slug(html)}`;
          if (depth < 3) contents.push({ depth, id, html });
          return `<h${depth} id="${id}">${html}</h${depth}>\n`;
        },
        link({ href, tokens }) {
          const html = this.parser.parseInline(tokens);
          const [, name = ''] = /^([\w-]+)\.md$/.exec(href) ?? [];
          return `<a href="${escape(ids.includes(name) ? `#${name}` : href)}">${html}</a>`;
        },
        // The manual is made of texts of commands: what looks like HTML in them is meant literally.
        html: ({ text }) => (text.startsWith('<!--') ? '' : escape(text)),
      },
    });
    return `<section>\n${marked.parse(markdown) as string}</section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`${bin} ${version}`)}</title>
<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: minmax(14rem, 20rem) minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem; box-sizing: border-box; border-right: 1px solid var(--line); font-size: 0.9rem; }
nav a { display: block; padding: 0.1rem 0; text-decoration: none; color: inherit; }
nav a.deeper { padding-left: 1rem; }
nav a:hover, nav a:focus { text-decoration: underline; }
main { padding: 1.5rem 2.5rem; max-width: 60rem; }
pre { padding: 0.75rem 1rem; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
code { font: 0.9em/1.5 ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
</style>
</head>
<body>
<nav aria-label="Contents">
<p><strong>${escape(bin)}</strong> ${escape(version)}</p>
<p>${escape(description)}</p>
${contents.map(({ depth, id, html }) => `<a${depth > 1 ? ' class="deeper"' : ''} href="#${id}">${html}</a>`).join('\n')}
</nav>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
}

function slug(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
