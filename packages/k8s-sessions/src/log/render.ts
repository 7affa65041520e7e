import { StringDecoder } from 'node:string_decoder';
import { gapText, logLines } from './lines.js';
import { htmlEnd, htmlLine, htmlStart } from './html.js';
import { firstSize, playLog } from './play.js';
import type { LogSource } from './types.js';

/** How a log can be written out. */
export type LogFormat = 'raw' | 'text' | 'html' | 'cast';

/** As what a log is rendered. */
export interface RenderOptions {
  readonly format: LogFormat;
  /** First offset, for `raw` and `cast`; for `text` and `html` the first line. Default 0. */
  readonly from?: number;
  /** Offset to end before, for `raw` and `cast`. Default: what is there now. */
  readonly to?: number;
  /** Heading of `html`. */
  readonly title?: string;
  /** Exit status for the last event of `cast`. */
  readonly exitCode?: number;
}

/** Media type of each form. */
export const mediaTypes: Readonly<Record<LogFormat, string>> = {
  raw: 'application/octet-stream',
  text: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
  cast: 'application/x-asciicast',
};

/**
 * Writes a log out: `raw` every byte; `text` lines without colours; `html` a page that stands alone; `cast` a recording
 * that asciinema plays (asciicast v3). What was dropped for the cap is said in each.
 */
export function renderLog(source: LogSource, options: RenderOptions): AsyncGenerator<Uint8Array> {
  switch (options.format) {
    case 'text':
      return batched(renderText(source, options.from ?? 0));
    case 'html':
      return batched(renderHtml(source, options));
    case 'cast':
      return batched(renderCast(source, options));
    default:
      return renderRaw(source, options);
  }
}

async function* renderRaw(source: LogSource, { from = 0, to }: RenderOptions): AsyncGenerator<Uint8Array> {
  for await (const step of playLog(source, from, to ?? (await source.info()).head)) {
    if (step.type === 'out') yield step.data;
    else if (step.type === 'gap' && step.offset === (await source.info()).gap?.from) {
      yield Buffer.from(`\r\n${await gapSentence(source)}\r\n`);
    }
  }
}

async function* renderText(source: LogSource, from: number): AsyncGenerator<string> {
  for await (const { text } of logLines(source, from)) yield `${text}\n`;
}

async function* renderHtml(source: LogSource, { from = 0, title = 'Session' }: RenderOptions): AsyncGenerator<string> {
  yield htmlStart(title);
  for await (const { styled, gap } of logLines(source, from)) yield htmlLine(styled, gap === true);
  yield htmlEnd;
}

/** asciicast v3: a header, then one event in a line, each with the seconds since the one before. */
async function* renderCast(
  source: LogSource,
  { from = 0, to, title, exitCode }: RenderOptions,
): AsyncGenerator<string> {
  const { head, gap } = await source.info();
  const { cols, rows } = (await firstSize(source)) ?? { cols: 80, rows: 24 };
  const startedAtMs = (await source.segments())[0]?.startedAtMs ?? 0;
  yield `${JSON.stringify({
    version: 3,
    term: { cols, rows, type: 'xterm-256color' },
    timestamp: Math.floor(startedAtMs / 1000),
    ...(title !== undefined && { title }),
  })}\n`;
  const decoder = new StringDecoder('utf8');
  let atMs = startedAtMs;
  let toldMs = startedAtMs;
  const event = (code: string, data: string): string => {
    const seconds = Math.max(0, atMs - toldMs) / 1000;
    toldMs = Math.max(atMs, toldMs);
    return `${JSON.stringify([seconds, code, data])}\n`;
  };
  for await (const step of playLog(source, from, to ?? head)) {
    if (step.type === 'out') {
      const text = decoder.write(Buffer.from(step.data));
      if (text !== '') yield event('o', text);
    } else if (step.type === 'gap') {
      if (step.offset === gap?.from) yield event('o', `\r\n${await gapSentence(source)}\r\n`);
    } else {
      atMs = step.atMs;
      if (step.type === 'size') yield event('r', `${step.size.cols}x${step.size.rows}`);
      else if (step.type === 'mark') yield event('m', step.label);
    }
  }
  const rest = decoder.end();
  if (rest !== '') yield event('o', rest);
  if (exitCode !== undefined) yield event('x', String(exitCode));
}

async function gapSentence(source: LogSource): Promise<string> {
  const dropped = (await source.segments()).filter((head) => head.dropped);
  return gapText(
    dropped.reduce((sum, head) => sum + head.lines, 0),
    dropped.reduce((sum, head) => sum + head.to - head.from, 0),
  );
}

/** Many short texts as few pieces. */
async function* batched(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  let held: string[] = [];
  let size = 0;
  for await (const text of texts) {
    held.push(text);
    size += text.length;
    if (size < 65_536) continue;
    yield Buffer.from(held.join(''));
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.from(held.join(''));
}
