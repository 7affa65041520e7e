import { type EnvFormat, refuseAnywhere, scanBy } from './format.js';

/**
 * Commands of PowerShell: `$env:NAME = 'value'`, read with `. ./FILE.ps1` or `Invoke-Expression`. A single quote is
 * doubled, and so are the typographic ones U+2018 to U+201B, which end a text as well ("about_Quoting_Rules", and
 * CharTraits.IsSingleQuote of its tokenizer). Windows PowerShell 5.1 reads a file without a byte order mark in the
 * system's code page: values beyond ASCII need PowerShell 6 or later.
 */
export const powershell: EnvFormat = {
  name: 'powershell',
  hasComments: true,
  refuse: (value) =>
    refuseAnywhere(value) ??
    (value === '' ? 'PowerShell takes an empty value for none, and removes the variable' : undefined),
  render: (name, value) => `$env:${name} = '${value.replaceAll(QUOTES, '$&$&')}'\n`,
  scan: (text) =>
    scanBy(
      /[ \t]*\$env:(?<name>[A-Za-z_]\w*)[ \t]*=[ \t]*'(?<value>(?:[^'\u2018-\u201B]|(['\u2018-\u201B])['\u2018-\u201B])*)'(?=[ \t]*(?:#[^\n]*)?(?:\r?\n|$))/,
      text,
      (raw) => raw.replaceAll(/(['\u2018-\u201B])['\u2018-\u201B]/g, '$1'),
    ),
};

const QUOTES = /['\u2018-\u201B]/g;
