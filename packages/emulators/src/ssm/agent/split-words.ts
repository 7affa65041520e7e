/**
 * Splits a command line into words as the agent does: by quotes and backslashes, with comments, and nothing else of a
 * shell. Commands are then run without one.
 *
 * @throws Error with the agent's words for an unfinished quote or escape
 * @see amazon-ssm-agent agent/session/shell/shell_unix.go (google/shlex)
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const character = line[index]!;
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
      else if (character === '\\' && quote === '"') word += escaped(line, (index += 1));
      else word += character;
    } else if (character === '"' || character === "'") {
      word ??= '';
      quote = character;
    } else if (character === '\\') {
      word = (word ?? '') + escaped(line, (index += 1));
    } else if (/[ \t\r\n]/u.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) {
      const end = line.indexOf('\n', index);
      index = end < 0 ? line.length : end;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw new Error('Failed to parse commands input: EOF found when expecting closing quote\n');
  if (word !== undefined) words.push(word);
  if (words.length === 0) throw new Error('Failed to parse commands input: no command\n');
  return words;
}

function escaped(line: string, index: number): string {
  const character = line[index];
  if (character === undefined) throw new Error('Failed to parse commands input: EOF found after escape character\n');
  return character;
}
