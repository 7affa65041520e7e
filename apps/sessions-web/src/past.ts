import { make, part, say } from './element.js';
import { counted } from './words.js';
import { readSgr, type Look } from './sgr.js';
import { paletteColour, themes } from './themes.js';

/** Lines asked for at once, and pages of them that are kept. */
const pageLines = 500;
const keptPages = 40;
/** Browsers lay nothing out beyond some 16 million pixels; a longer log is scrolled in proportion. */
const tallest = 8_000_000;

/** A stretch of the log's lines. */
export interface Lines {
  readonly firstLine: number;
  readonly lines: readonly string[];
  readonly total: number;
}

/** All lines of the log: a list of which only what is seen is fetched and laid out. */
export interface Past {
  readonly shown: boolean;
  /** Shows the list with a line (0-based) in view; marks it and what was searched for. Without a line: the newest. */
  open(at: { readonly line: number; readonly found?: string } | null): void;
  close(): void;
  look(theme: 'light' | 'dark', fontSize: number): void;
}

/** Wires the list of all lines. `fetchLines` asks the server for lines `from` up to, without, `to`. */
export function openPast({
  fetchLines,
  total: knownTotal,
  onToggle,
}: {
  readonly fetchLines: (from: number, to: number) => Promise<Lines>;
  readonly total: () => number;
  readonly onToggle: (shown: boolean) => void;
}): Past {
  const root = part('past');
  const scroller = part('past-scroll');
  const sizer = part('past-sizer');
  const list = part('past-lines');
  const range = part('past-range');
  const pages = new Map<number, readonly string[]>();
  const asked = new Set<number>();
  let total = 0;
  let lineHeight = 20;
  let theme: 'light' | 'dark' = 'light';
  let found: { line: number; text: string | undefined } | null = null;

  const height = (): number => Math.min(tallest, Math.max(1, total) * lineHeight);
  const rows = (): number => Math.ceil(scroller.clientHeight / lineHeight) + 1;
  const furthest = (): number => Math.max(0, total - Math.floor(scroller.clientHeight / lineHeight));
  const topLine = (): number => {
    const reach = height() - scroller.clientHeight;
    return reach <= 0 ? 0 : Math.round(Math.min(1, scroller.scrollTop / reach) * furthest());
  };
  const scrollTo = (line: number): void => {
    const reach = height() - scroller.clientHeight;
    scroller.scrollTop = furthest() === 0 ? 0 : (Math.min(line, furthest()) / furthest()) * reach;
    draw();
  };

  const need = (page: number): void => {
    if (asked.has(page)) return;
    asked.add(page);
    fetchLines(page * pageLines, Math.min((page + 1) * pageLines, Math.max(total, page * pageLines + 1)))
      .then((answer) => {
        pages.delete(page);
        pages.set(page, answer.lines);
        for (const old of [...pages.keys()].slice(0, Math.max(0, pages.size - keptPages))) pages.delete(old);
        grow(answer.total);
        draw();
      })
      .catch(() => say(range, 'These lines could not be fetched. Scroll to try again.'))
      .finally(() => asked.delete(page));
  };

  const draw = (): void => {
    if (root.hidden) return;
    const first = topLine();
    const last = Math.min(total, first + rows());
    list.style.transform = `translateY(${scroller.scrollTop}px)`;
    const items: HTMLElement[] = [];
    for (let line = first; line < last; line += 1) {
      const page = Math.floor(line / pageLines);
      const kept = pages.get(page);
      const text = kept?.[line - page * pageLines];
      if (text === undefined && (kept === undefined || kept.length < pageLines)) need(page);
      items.push(lineElement(line, text ?? ''));
    }
    list.replaceChildren(...items);
    say(
      range,
      total === 0
        ? 'No lines yet'
        : `${(first + 1).toLocaleString('en')} – ${last.toLocaleString('en')} of ${counted(total, 'line')}`,
    );
  };

  const lineElement = (line: number, text: string): HTMLElement => {
    const here = found?.line === line;
    const content = make('span', { class: 'content' });
    for (const { text: piece, look } of readSgr(text)) content.append(styled(piece, look));
    if (here && found?.text) markWithin(content, found.text);
    return make(
      'li',
      { 'data-found': here, 'data-line': String(line) },
      make('span', { class: 'number', 'aria-hidden': 'true' }, String(line + 1)),
      content,
    );
  };

  const styled = (text: string, look: Look): HTMLElement => {
    const span = make('span', {}, text);
    const colour = (value: number | string): string =>
      typeof value === 'number' ? paletteColour(value, themes[theme]) : value;
    const { style } = span;
    const [ink, ground] = look.inverse
      ? [look.ground ?? 'var(--paper)', look.ink ?? 'var(--ink)']
      : [look.ink, look.ground];
    if (ink !== undefined) style.color = colour(ink);
    if (ground !== undefined) style.backgroundColor = colour(ground);
    if (look.bold) style.fontWeight = '700';
    if (look.faint) style.opacity = '0.72';
    if (look.italic) style.fontStyle = 'italic';
    if (look.underline || look.struck)
      style.textDecoration = [look.underline ? 'underline' : '', look.struck ? 'line-through' : ''].join(' ');
    if (look.concealed) style.visibility = 'hidden';
    return span;
  };

  const grow = (to: number): void => {
    const atEnd = topLine() >= furthest();
    total = Math.max(total, to);
    sizer.style.height = `${height()}px`;
    if (atEnd && found === null) scroller.scrollTop = height();
  };

  const close = (): void => {
    root.hidden = true;
    found = null;
    onToggle(false);
  };

  let drawing = 0;
  scroller.addEventListener('scroll', () => {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(draw);
  });
  new ResizeObserver(draw).observe(scroller);
  scroller.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: rows() - 2, PageUp: 2 - rows() }[event.key];
    if (event.key === 'Escape') close();
    else if (event.key === 'Home') scrollTo(0);
    else if (event.key === 'End') scrollTo(total);
    else if (step !== undefined) scrollTo(Math.max(0, topLine() + step));
    else return;
    event.preventDefault();
  });
  part('close-past').addEventListener('click', close);

  return {
    get shown() {
      return !root.hidden;
    },
    open(at) {
      const opened = root.hidden;
      root.hidden = false;
      found = at?.found === undefined ? null : { line: at.line, text: at.found };
      // The newest page may have grown since.
      pages.delete(Math.floor(total / pageLines));
      total = Math.max(total, knownTotal());
      sizer.style.height = `${height()}px`;
      scrollTo(at ? Math.max(0, at.line - (at.found === undefined ? 0 : Math.floor(rows() / 3))) : total);
      if (opened) onToggle(true);
      if (opened && at?.found === undefined) scroller.focus();
    },
    close,
    look(value, fontSize) {
      theme = value;
      lineHeight = Math.round(fontSize * 1.45);
      list.style.font = `${fontSize}px/${lineHeight}px var(--mono)`;
      sizer.style.height = `${height()}px`;
      draw();
    },
  };
}

/** Marks every place of a text, as found without regard to case, where it lies within one run. */
export function markWithin(element: Element, text: string): void {
  const wanted = text.toLowerCase();
  if (wanted === '') return;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  for (const node of nodes) {
    let rest = node;
    for (let at = rest.data.toLowerCase().indexOf(wanted); at >= 0; at = rest.data.toLowerCase().indexOf(wanted)) {
      const hit = rest.splitText(at);
      rest = hit.splitText(wanted.length);
      const mark = make('mark');
      hit.replaceWith(mark);
      mark.append(hit);
    }
  }
}
