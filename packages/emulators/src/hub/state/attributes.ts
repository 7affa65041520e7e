/** Which files a `.gitattributes` sends through LFS. */
export interface Attributes {
  isLfs(path: string): boolean;
}

/** Patterns a new repository on the Hub sends through LFS. */
const lfsPatterns =
  '*.7z *.arrow *.bin *.bz2 *.ckpt *.ftz *.gz *.h5 *.joblib *.lfs.* *.mlmodel *.model *.msgpack *.npy *.npz *.onnx *.ot *.parquet *.pb *.pickle *.pkl *.pt *.pth *.rar *.safetensors saved_model/**/* *.tar.* *.tar *.tflite *.tgz *.wasm *.xz *.zip *.zst *tfevents*';

/** The `.gitattributes` of a new Space. */
export const defaultAttributes: string = lfsPatterns.split(' ').map(lfsLine).join('');

/** The line that sends a path or pattern through LFS. */
export function lfsLine(pattern: string): string {
  return `${pattern.replace(/\s/gu, '[[:space:]]')} filter=lfs diff=lfs merge=lfs -text\n`;
}

/** Reads a `.gitattributes` for its `filter`; of several lines that fit a path, the last one counts (gitattributes(5)). */
export function readAttributes(text: string): Attributes {
  const lines = text.split(/\r?\n/u).flatMap((line) => {
    const [pattern = '', ...words] = line.trim().split(/[ \t]+/u);
    if (pattern === '' || pattern.startsWith('#') || pattern.startsWith('!')) return [];
    const filter = words.findLast((word) => /^[-!]?filter(?:=|$)/u.test(word));
    return filter === undefined ? [] : [{ fits: globToRegExp(pattern), isLfs: filter === 'filter=lfs' }];
  });
  return { isLfs: (path) => lines.findLast(({ fits }) => fits.test(path))?.isLfs ?? false };
}

/** A pattern without a slash is for names in any directory, one with a slash for paths from the root. */
function globToRegExp(pattern: string): RegExp {
  const anchored = pattern.includes('/');
  const glob = pattern.replace(/^\//u, '');
  let source = anchored ? '' : '(?:.*/)?';
  for (let at = 0; at < glob.length;) {
    const rest = glob.slice(at);
    const bracket = /^\[(?:[!^])?\]?(?:\[:\w+:\]|[^\]])*\]/u.exec(rest)?.[0];
    const [part, length]: [string, number] = rest.startsWith('**/')
      ? ['(?:.*/)?', 3]
      : rest.startsWith('**')
        ? ['.*', 2]
        : rest.startsWith('*')
          ? ['[^/]*', 1]
          : rest.startsWith('?')
            ? ['[^/]', 1]
            : bracket !== undefined
              ? [bracketToRegExp(bracket), bracket.length]
              : rest.startsWith('\\') && rest.length > 1
                ? [escape(rest.charAt(1)), 2]
                : [escape(rest.charAt(0)), 1];
    source += part;
    at += length;
  }
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    // A set such as [z-a]: it fits nothing, as in git.
    return /(?!)/u;
  }
}

function bracketToRegExp(bracket: string): string {
  const inside = bracket
    .slice(1, -1)
    .replace(/^!/u, '^')
    .replaceAll('[:space:]', '\\s')
    .replace(/\[:(?:alpha|upper|lower|digit|alnum):\]/gu, (name) => classes[name] ?? '');
  return `[${inside}]`;
}

const classes: Readonly<Record<string, string>> = {
  '[:alpha:]': 'A-Za-z',
  '[:upper:]': 'A-Z',
  '[:lower:]': 'a-z',
  '[:digit:]': '0-9',
  '[:alnum:]': 'A-Za-z0-9',
};

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&');
}
