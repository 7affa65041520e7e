/** A README taken apart. The parts put together are the text. */
export interface ReadmeParts {
  /** A byte order mark, or nothing. */
  readonly mark: string;
  /** Opening line, YAML and closing line with their line ends; undefined when there is no front matter. */
  readonly block: string | undefined;
  /** The YAML between the two lines, and where it stands in the text. */
  readonly yaml: string;
  readonly yamlStart: number;
  readonly body: string;
  /** It opens like front matter and is not closed where anybody looks for the end. */
  readonly isUnclosed: boolean;
}

/** The closing line is looked for in so many lines, as the first OpenEnv CLI did. */
const searchedLines = 100;

/**
 * Finds the front matter of a README: a first line `---`, behind a byte order mark or not, and the next line that is
 * `---`, among the first hundred lines. Line ends of both kinds count.
 */
export function splitReadme(text: string): ReadmeParts {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const rest = text.slice(mark.length);
  const none: ReadmeParts = { mark, block: undefined, yaml: '', yamlStart: 0, body: rest, isUnclosed: false };
  const opening = /^---[ \t]*(?:\r\n|\n|$)/.exec(rest)?.[0];
  if (opening === undefined) return none;
  let at = opening.length;
  for (let line = 1; line < searchedLines && at < rest.length; line += 1) {
    const end = rest.indexOf('\n', at);
    const next = end === -1 ? rest.length : end + 1;
    if (/^---[ \t]*\r?\n?$/.test(rest.slice(at, next)))
      return {
        mark,
        block: rest.slice(0, next),
        yaml: rest.slice(opening.length, at),
        yamlStart: mark.length + opening.length,
        body: rest.slice(next),
        isUnclosed: false,
      };
    at = next;
  }
  // A README may begin with a thematic break; one whose next line is a key was meant to have front matter.
  return { ...none, isUnclosed: /^[\w-]+[ \t]*:/.test(rest.slice(opening.length).trimStart()) };
}
