import { applySgr, plainSgr, type Sgr } from './sgr.js';

/** The sixteen named colours, as the page shows them too. */
const named = [
  '#1c1f24',
  '#c4384b',
  '#3a8a4d',
  '#a56f14',
  '#2f6fc1',
  '#8a4fb8',
  '#1f8a94',
  '#c9cdd4',
  '#6b7280',
  '#e05666',
  '#55a868',
  '#c78a2c',
  '#5a93dd',
  '#a873d1',
  '#3aa8b2',
  '#f3f4f6',
] as const;

/** What stands before the first line. Nothing is loaded from anywhere. */
export function htmlStart(title: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
body { margin: 2rem; background: Canvas; color: CanvasText; font: 14px/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
i.gap { opacity: 0.6; }
</style>
<pre>`;
}

export const htmlEnd: string = '</pre>\n</html>\n';

/** One line with its colours. */
export function htmlLine(styled: string, gap: boolean): string {
  if (gap) return `<i class="gap">${escaped(styled)}</i>\n`;
  let sgr = plainSgr;
  let html = '';
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  for (const [index, part] of styled.split(/\u001B\[([0-9;:]*)m/u).entries()) {
    if (index % 2 === 1) sgr = applySgr(sgr, part);
    else if (part !== '') {
      const style = styleOf(sgr);
      html += style === '' ? escaped(part) : `<span style="${style}">${escaped(part)}</span>`;
    }
  }
  return `${html}\n`;
}

function styleOf(sgr: Sgr): string {
  const text = colourOf(sgr.foreground, 3);
  const ground = colourOf(sgr.background, 4);
  const [front, back] = sgr.inverse ? [ground ?? 'Canvas', text ?? 'CanvasText'] : [text, ground];
  const lines = [sgr.underline && 'underline', sgr.strike && 'line-through', sgr.overline && 'overline'].filter(
    Boolean,
  );
  return [
    front && `color:${front}`,
    back && `background:${back}`,
    sgr.bold && 'font-weight:bold',
    sgr.dim && 'opacity:0.6',
    sgr.italic && 'font-style:italic',
    sgr.invisible && 'visibility:hidden',
    lines.length > 0 && `text-decoration:${lines.join(' ')}`,
  ]
    .filter(Boolean)
    .join(';');
}

function colourOf(parameters: string | undefined, tens: 3 | 4): string | undefined {
  if (parameters === undefined) return undefined;
  const parts = parameters.split(/[;:]/u).filter((part) => part !== '');
  if (parts[1] === '2')
    return `rgb(${parts
      .slice(-3)
      .map((part) => Math.min(255, Number(part)))
      .join(',')})`;
  if (parts[1] === '5') return indexed(Number(parts[2]));
  const code = Number(parts[0]);
  return named[code >= 90 ? code - tens * 10 - 60 + 8 : code - tens * 10];
}

/** The palette of 256: sixteen names, a cube of 6 × 6 × 6, 24 greys. */
function indexed(index: number): string | undefined {
  if (index < 16) return named[index];
  if (index > 255) return undefined;
  if (index >= 232)
    return `rgb(${Array(3)
      .fill(8 + (index - 232) * 10)
      .join(',')})`;
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const place = index - 16;
  return `rgb(${level(Math.floor(place / 36))},${level(Math.floor(place / 6) % 6)},${level(place % 6)})`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
