/** A program that runs another: its options that take a value, and how many words stand before the other. */
interface Wrapper {
  readonly valued?: readonly string[];
  /** Words of its own before the command, e.g. the duration of `timeout`. */
  readonly skips?: number;
  /** Its first words must be these, e.g. `run` of `poetry run`. */
  readonly verbs?: readonly string[];
}

const wrappers: Readonly<Record<string, Wrapper>> = {
  sudo: { valued: ['-u', '-g', '-h', '-p', '-C', '-D', '-r', '-t', '-U'] },
  doas: { valued: ['-u', '-C'] },
  env: { valued: ['-u', '-C', '-S', '--unset', '--chdir'] },
  nice: { valued: ['-n'] },
  ionice: { valued: ['-c', '-n'] },
  nohup: {},
  setsid: {},
  exec: { valued: ['-a'] },
  command: {},
  builtin: {},
  time: { valued: ['-o', '-f'] },
  timeout: { valued: ['-s', '-k', '--signal', '--kill-after'], skips: 1 },
  stdbuf: { valued: ['-i', '-o', '-e'] },
  xargs: { valued: ['-I', '-n', '-P', '-L', '-d', '-a', '-E', '-s'] },
  npx: { valued: ['-p', '--package', '-w'] },
  bunx: {},
  yarn: {},
  pnpm: { verbs: ['exec', 'dlx'] },
  npm: { verbs: ['exec', 'x'] },
  bundle: { verbs: ['exec'] },
  poetry: { verbs: ['run'] },
  pipenv: { verbs: ['run'] },
  uv: { verbs: ['run'] },
  mise: { verbs: ['exec', 'x'] },
  doppler: { verbs: ['run'], valued: ['-p', '--project', '-c', '--config'] },
  op: { verbs: ['run'], valued: ['--env-file'] },
  'aws-vault': { verbs: ['exec'], skips: 1, valued: ['-d', '--duration', '--region'] },
  chamber: { verbs: ['exec'], skips: 1 },
};

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'busybox']);

/** What a simple command comes to: another's words, a shell's text, or itself. */
export type Unwrapped =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'text'; readonly text: string };

/** Takes programs away that only run another: `sudo -u ops terraform apply` is `terraform apply`. */
export function unwrap(words: readonly string[]): Unwrapped {
  let rest = words;
  for (let round = 0; round < 8; round++) {
    const program = nameOf(rest[0]);
    if (shells.has(program)) return shellText(rest) ?? { kind: 'words', words: rest };
    if (program === 'eval') return { kind: 'text', text: rest.slice(1).join(' ') };
    const wrapper = Object.hasOwn(wrappers, program) ? wrappers[program] : undefined;
    const inner = wrapper && innerOf(rest.slice(1), wrapper);
    if (!inner) break;
    rest = inner;
  }
  return { kind: 'words', words: rest };
}

/** The name of a program without the folder it is called from. */
export function nameOf(word: string | undefined): string {
  return word?.slice(word.lastIndexOf('/') + 1) ?? '';
}

function innerOf(words: readonly string[], { valued = [], skips = 0, verbs }: Wrapper): readonly string[] | undefined {
  let index = 0;
  const skipOptions = (): void => {
    for (; index < words.length; index++) {
      const word = words[index]!;
      if (word === '--') {
        index++;
        return;
      }
      if (valued.includes(word)) index++;
      else if (!word.startsWith('-') && !/^[A-Za-z_]\w*=/.test(word)) return;
    }
  };
  skipOptions();
  if (verbs) {
    if (!verbs.includes(words[index] ?? '')) return undefined;
    index++;
    skipOptions();
  }
  for (let count = 0; count < skips; count++) {
    index++;
    skipOptions();
  }
  return index < words.length ? words.slice(index) : undefined;
}

/** The text of `sh -c TEXT`. */
function shellText(words: readonly string[]): Unwrapped | undefined {
  const from = nameOf(words[0]) === 'busybox' ? 2 : 1;
  for (let index = from; index < words.length; index++) {
    const word = words[index]!;
    if (/^-[a-z]*c[a-z]*$/.test(word)) return { kind: 'text', text: words[index + 1] ?? '' };
    if (/^[-+][a-z]*o$/.test(word)) index++;
    else if (!word.startsWith('-')) return undefined;
  }
  return undefined;
}
