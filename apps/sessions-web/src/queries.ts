import type { IFunctionIdentifier, Terminal } from '@xterm/xterm';

/**
 * Sequences by which a program asks the terminal something. What the terminal answers would reach the program as if it
 * was typed: once for each viewer, and again for each replay.
 *
 * @see xterm's ctlseqs: DA1 to DA3, XTVERSION, DSR, DECRQM and DECRQSS
 */
const queries: readonly IFunctionIdentifier[] = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { prefix: '>', final: 'q' },
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
];
/** Colours that can be asked for: of the palette, of the text, of the ground, of the cursor. */
const colours = [4, 10, 11, 12] as const;

/** Lets queries be answered only while `answering` holds, and takes over what programs want on the clipboard (OSC 52). */
export function guardQueries(
  terminal: Terminal,
  { answering, onClipboard }: { readonly answering: () => boolean; readonly onClipboard: (text: string) => void },
): void {
  for (const query of queries) terminal.parser.registerCsiHandler(query, () => !answering());
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => !answering());
  for (const colour of colours)
    terminal.parser.registerOscHandler(colour, (data) => /(?:^|;)\?(?:;|$)/.test(data) && !answering());
  terminal.parser.registerOscHandler(52, (data) => {
    const text = clipboardText(data);
    if (text !== null) onClipboard(text);
    return true;
  });
}

/** The text of an OSC 52; null for a question about the clipboard, which is never answered, and for what is no base64. */
export function clipboardText(data: string): string | null {
  const content = data.slice(data.indexOf(';') + 1);
  if (content === '?' || content === '') return null;
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(content), (character) => character.charCodeAt(0)));
  } catch {
    return null;
  }
}
