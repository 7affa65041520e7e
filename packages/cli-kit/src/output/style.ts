/** Names what a piece of text is; whether and how that is coloured is decided once, here. */
export interface Style {
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
  link(text: string): string;
}

const same = (text: string): string => text;

/** The style without colours. */
export const plain: Style = { good: same, warn: same, bad: same, strong: same, faint: same, link: same };

/**
 * Whether a stream takes colours: only a terminal does, and not under CI, with NO_COLOR or TERM=dumb.
 * @see https://no-color.org: set and not empty
 */
export function takesColour(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !isCi(environment) && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
}

/** Whether this runs under continuous integration: `CI` is set to anything but nothing, 0 or false. */
export function isCi(environment: Readonly<Record<string, string | undefined>>): boolean {
  return !['', '0', 'false'].includes(environment['CI'] ?? '');
}

/** The style for a stream; the colour library is loaded only where colours are shown. */
export async function loadStyle(colour: boolean): Promise<Style> {
  if (!colour) return plain;
  const { Ansis } = await import('ansis');
  const ansis = new Ansis(1);
  return {
    good: (text) => ansis.green(text),
    warn: (text) => ansis.yellow(text),
    bad: (text) => ansis.red(text),
    strong: (text) => ansis.bold(text),
    faint: (text) => ansis.dim(text),
    link: (text) => ansis.cyan.underline(text),
  };
}
