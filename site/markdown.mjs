// What links and headings of Markdown are: one reading for the check of the tree, the site and the manuals.

/** Blanks fenced blocks and code in lines, keeping the line numbers and columns. */
export function blankCode(markdown) {
  return markdown
    .replaceAll(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1?\2[^\n]*$/gm, blank)
    .replaceAll(/(?<!`)(`+)(?!`)(?:(?!\n\s*\n)[\s\S])*?(?<!`)\1(?!`)/g, blank);
}

function blank(text) {
  return text.replaceAll(/[^\n]/g, ' ');
}

/** The links of a text, in their order: `[text](target)` and `![text](target)`, and where the target begins. */
export function linksOf(markdown) {
  return [...markdown.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map((found) => ({
    text: found[1],
    target: found[2],
    index: found.index + found[0].indexOf('](') + 2,
  }));
}

/** The anchor GitHub gives to a heading. */
export function anchorOf(title) {
  return title
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** All anchors of a page; a heading that comes again has a number behind it. */
export function anchorsOf(markdown) {
  const seen = new Map();
  const fenceless = markdown.replaceAll(/^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1?\2[^\n]*$/gm, blank);
  return new Set(
    [...fenceless.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)].map(([, title]) => {
      const anchor = anchorOf(title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    }),
  );
}

/** The title of a page. */
export function titleOf(markdown) {
  return /^#\s+(.+?)\s*$/m.exec(markdown)?.[1];
}
