/** A program's arguments, taken apart. */
export interface Arguments {
  /** What is no option and no option's value: verbs first, then what they are about. */
  readonly verbs: readonly string[];
  /** The value of an option; empty for one that has none; `undefined` when it is not there. The last counts. */
  readonly option: (...names: readonly string[]) => string | undefined;
}

/** Takes arguments apart. `valued` names the options whose value is the next word. */
export function readArguments(words: readonly string[], valued: readonly string[]): Arguments {
  const options = new Map<string, string>();
  const verbs: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--') {
      verbs.push(...words.slice(index + 1));
      break;
    }
    if (!/^-./.test(word)) {
      verbs.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const short = valued.find(
      (name) => /^-\w$/.test(name) && word.startsWith(name) && word !== name && !word.startsWith('--'),
    );
    if (equals > 0) options.set(word.slice(0, equals), word.slice(equals + 1));
    else if (valued.includes(word)) options.set(word, words[++index] ?? '');
    else if (short !== undefined) options.set(short, word.slice(2));
    else options.set(word, '');
  }
  return {
    verbs,
    option: (...names) => names.map((name) => options.get(name)).find((value) => value !== undefined),
  };
}
