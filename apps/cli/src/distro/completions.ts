import type { Manual, ManualCommand } from './manual.js';

/** Completion scripts that work without the program being asked, by file name. */
export function renderCompletions(manual: Manual): ReadonlyMap<string, string> {
  return new Map([
    [`${manual.bin}.bash`, bash(manual)],
    [`_${manual.bin}`, zsh(manual)],
    [`${manual.bin}.fish`, fish(manual)],
  ]);
}

/** What may come behind the words of a command so far: `''` is the program alone. */
function nextWords({ commands }: Manual): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const { name } of commands) {
    const words = name.split(' ');
    for (const [index, word] of words.entries()) {
      const before = words.slice(0, index).join(' ');
      const known = next.get(before) ?? [];
      if (!known.includes(word)) next.set(before, [...known, word]);
    }
  }
  return next;
}

function flagWords({ flags }: ManualCommand): string[] {
  return [...flags.map(({ name }) => `--${name}`), '--help'];
}

function bash(manual: Manual): string {
  const { bin, commands } = manual;
  const cases = [...nextWords(manual)].map(([before, words]) => `    '${before}') words='${words.join(' ')}' ;;`);
  const flags = commands.map((command) => `    '${command.name}') flags='${flagWords(command).join(' ')}' ;;`);
  return `# Completion of ${bin} for bash.
_${bin}() {
  local current=\${COMP_WORDS[COMP_CWORD]} said='' word words='' flags=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) said="\${said:+$said }$word" ;; esac
  done
  case $said in
${cases.join('\n')}
  esac
  while [ -n "$said" ] && [ -z "$flags" ]; do
    case $said in
${flags.map((line) => `  ${line}`).join('\n')}
    esac
    [ -n "$flags" ] || case $said in *' '*) said=\${said% *} ;; *) said='' ;; esac
  done
  case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$current") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
  esac
}
complete -o default -F _${bin} ${bin}
`;
}

function zsh(manual: Manual): string {
  const { bin, commands } = manual;
  const summaries = new Map([...manual.topics, ...commands.map(({ name, summary }) => [name, summary] as const)]);
  const described = (before: string, word: string): string =>
    quote(`${word}:${summaries.get(before === '' ? word : `${before} ${word}`) ?? ''}`);
  const cases = [...nextWords(manual)].map(
    ([before, words]) => `    '${before}') words=(${words.map((word) => described(before, word)).join(' ')}) ;;`,
  );
  const flags = commands.map(
    (command) =>
      `      '${command.name}') flags=(${[
        ...command.flags.map(({ name, summary, description = '' }) => quote(`--${name}:${summary ?? description}`)),
        quote('--help:Show help.'),
      ].join(' ')}) ;;`,
  );
  return `#compdef ${bin}
# Completion of ${bin} for zsh.
_${bin}() {
  local said='' word
  local -a words_so_far flag_words
  words_so_far=(\${words[2,CURRENT-1]})
  for word in $words_so_far; do
    [[ $word == -* ]] || said="\${said:+$said }$word"
  done
  local -a words flags
  case $said in
${cases.join('\n')}
  esac
  while [[ -n $said && \${#flags} -eq 0 ]]; do
    case $said in
${flags.join('\n')}
    esac
    (( \${#flags} )) || { [[ $said == *' '* ]] && said=\${said% *} || said='' }
  done
  if [[ \${PREFIX} == -* ]]; then
    _describe flag flags
  elif (( \${#words} )); then
    _describe command words
  else
    _files
  fi
}
compdef _${bin} ${bin}
`;
}

function fish(manual: Manual): string {
  const { bin, commands, topics } = manual;
  const summaries = new Map([...topics, ...commands.map(({ name, summary }) => [name, summary] as const)]);
  const said = (words: string): string => quote(`__${bin}_said ${words}`.trim());
  const words = [...nextWords(manual)].flatMap(([before, next]) =>
    next.map((word) => {
      const text = summaries.get(before === '' ? word : `${before} ${word}`) ?? '';
      return `complete -c ${bin} -f -n ${said(before)} -a ${word} -d ${quote(text)}`;
    }),
  );
  const flags = commands.flatMap((command) =>
    command.flags.map(({ name, char, type, summary, description = '' }) =>
      [
        `complete -c ${bin} -n ${quote(`__${bin}_runs ${command.name}`)} -l ${name}`,
        ...(char ? [`-s ${char}`] : []),
        ...(type === 'option' ? ['-r'] : []),
        `-d ${quote(summary ?? description)}`,
      ].join(' '),
    ),
  );
  return `# Completion of ${bin} for fish.
function __${bin}_words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or echo $word
    end
end
function __${bin}_said
    set -l said (__${bin}_words)
    test "$said" = "$argv"
end
function __${bin}_runs
    set -l said (__${bin}_words)
    set -l begin $said[1..(count $argv)]
    test "$begin" = "$argv"
end
${[...words, ...flags].join('\n')}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", '').replaceAll('\\', '').replaceAll('\n', ' ')}'`;
}
