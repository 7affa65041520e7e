import { type Kind, kindOfFlag, kindsOfArguments } from '../complete/kinds.js';
import type { Manual, ManualCommand } from './manual.js';

/** Completion scripts, by file name. The words are in them; the program is asked for what lives: targets, sets, runs … */
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

/** What a word of a command may be, besides a word of its own: a kind that the program lists, or one of these. */
interface Choice {
  readonly kind?: Kind;
  readonly options?: readonly string[];
}

/** What the first argument of a command may be. */
function choiceOfArgument({ name, args }: ManualCommand): Choice | undefined {
  const kind = kindsOfArguments.get(`${name} ${args[0] ?? ''}`);
  return kind && { kind };
}

/** What the values of a command's flags may be, by flag. */
function choicesOfFlags({ name, flags }: ManualCommand): (readonly [flag: string, choice: Choice])[] {
  return flags.flatMap((flag) => {
    const kind = kindOfFlag(name, flag.name);
    const choice = kind ? { kind } : flag.options ? { options: flag.options } : undefined;
    if (!choice || flag.type !== 'option') return [];
    return [`--${flag.name}`, ...(flag.char ? [`-${flag.char}`] : [])].map((word) => [word, choice] as const);
  });
}

/** A choice as one word of a script: the kind, or the options behind a `=`. */
function spell({ kind, options = [] }: Choice): string {
  return kind ?? `=${options.join(',')}`;
}

function bash(manual: Manual): string {
  const { bin, commands } = manual;
  const cases = [...nextWords(manual)].map(([before, words]) => `    '${before}') words='${words.join(' ')}' ;;`);
  const flags = commands.map((command) => {
    const argument = choiceOfArgument(command);
    const values = choicesOfFlags(command).map(([flag, choice]) => `${flag}:${spell(choice)}`);
    return [
      `    '${command.name}') flags='${flagWords(command).join(' ')}'`,
      ...(argument ? [` argument='${spell(argument)}'`] : []),
      ...(values.length > 0 ? [` values='${values.join(' ')}'`] : []),
      ' ;;',
    ].join('');
  });
  return `# Completion of ${bin} for bash.
_${bin}() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  # --flag=value comes as three words.
  case $current in =) current='' ;; *) [ "$before" != = ] || before=\${COMP_WORDS[COMP_CWORD-2]} ;; esac
  local said='' word words='' flags='' argument='' values='' choice='' IFS=$' \\t\\n'
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
  for word in $values; do
    case $word in "$before":*) choice=\${word#*:} ;; esac
  done
  case $choice/$current in
    /-*) words=$flags ;;
    /*) choice=$argument ;;
  esac
  case $choice in
    '') ;;
    =*) words=\${choice#=} words=\${words//,/ } ;;
    *) words="$words
$("\${1:-${bin}}" complete-values "$choice" "\${COMP_WORDS[@]:1}" 2>/dev/null </dev/null | cut -f1)" ;;
  esac
  # What others have named is put on the line as a word, whatever is in it: neither compgen nor the line may run it.
  local -a found
  read -r -d '' -a found <<<"$words"
  COMPREPLY=()
  for word in "\${found[@]}"; do
    [[ $word == "$current"* ]] || continue
    printf -v word %q "$word"
    COMPREPLY+=("$word")
  done
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
  const flags = commands.map((command) => {
    const argument = choiceOfArgument(command);
    const values = choicesOfFlags(command).map(([flag, choice]) => quote(`${flag}:${spell(choice)}`));
    const shown = [
      ...command.flags.map(({ name, summary, description = '' }) => quote(`--${name}:${summary ?? description}`)),
      quote('--help:Show help.'),
    ];
    return [
      `      '${command.name}') flags=(${shown.join(' ')})`,
      ...(argument ? [` argument=${quote(spell(argument))}`] : []),
      ...(values.length > 0 ? [` values=(${values.join(' ')})`] : []),
      ' ;;',
    ].join('');
  });
  return `#compdef ${bin}
# Completion of ${bin} for zsh.
_${bin}() {
  local said='' word argument='' choice='' name text
  local -a words_so_far words flags values found
  words_so_far=("\${(@)_${bin}_line}")
  for word in $words_so_far; do
    [[ $word == -* ]] || said="\${said:+$said }$word"
  done
  case $said in
${cases.join('\n')}
  esac
  while [[ -n $said && \${#flags} -eq 0 ]]; do
    case $said in
${flags.join('\n')}
    esac
    (( \${#flags} )) || { [[ $said == *' '* ]] && said=\${said% *} || said='' }
  done
  local before=\${words_so_far[-1]}
  # --flag=value is one word.
  if [[ $PREFIX == --*=* ]]; then
    before=\${PREFIX%%=*}
    compset -P 1 '*='
  fi
  for word in $values; do
    [[ $word == "$before":* ]] && choice=\${word#*:}
  done
  if [[ -z $choice && \${PREFIX} == -* ]]; then
    _describe flag flags
    return
  fi
  [[ -n $choice ]] || choice=$argument
  if [[ $choice == '='* ]]; then
    found=(\${(s:,:)choice#=})
  elif [[ -n $choice ]]; then
    for word in \${(f)"$($_${bin}_program complete-values $choice $words_so_far 2>/dev/null </dev/null)"}; do
      name=\${word%%$'\\t'*} text=\${word#*$'\\t'}
      [[ $text == $word ]] && text=''
      found+=("\${name//:/\\\\:}:$text")
    done
  fi
  if (( \${#words} + \${#found} )); then
    (( \${#words} )) && _describe command words
    (( \${#found} )) && _describe value found
  else
    _files
  fi
}
# The line is read before names of ours stand for something else.
_${bin}_complete() {
  local _${bin}_program=\${words[1]}
  local -a _${bin}_line
  _${bin}_line=("\${(@)words[2,CURRENT-1]}")
  _${bin}
}
# Out of a folder of fpath this file is the body of a function, which is called first at the first Tab.
compdef _${bin}_complete ${bin}
if [[ \${funcstack[1]} == _${bin} ]]; then
  _${bin}_complete
fi
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
  const listed = ({ kind, options = [] }: Choice): string =>
    quote(kind ? `(__${bin}_values ${kind})` : options.join(' '));
  const values = commands.flatMap((command) => {
    const argument = choiceOfArgument(command);
    return argument
      ? [`complete -c ${bin} -f -n ${quote(`__${bin}_runs ${command.name}`)} -a ${listed(argument)}`]
      : [];
  });
  const flags = commands.flatMap((command) => {
    const choices = new Map(choicesOfFlags(command));
    return command.flags.map(({ name, char, type, summary, description = '' }) => {
      const choice = choices.get(`--${name}`);
      return [
        `complete -c ${bin} -n ${quote(`__${bin}_runs ${command.name}`)} -l ${name}`,
        ...(char ? [`-s ${char}`] : []),
        ...(type === 'option' ? ['-r'] : []),
        ...(choice ? [`-f -a ${listed(choice)}`] : []),
        `-d ${quote(summary ?? description)}`,
      ].join(' ');
    });
  });
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
function __${bin}_values
    set -l line (commandline -opc)
    $line[1] complete-values $argv[1] $line[2..-1] 2>/dev/null </dev/null
end
${[...words, ...values, ...flags].join('\n')}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", '').replaceAll('\\', '').replaceAll('\n', ' ')}'`;
}
