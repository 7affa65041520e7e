/** Options of our own form that take a value, and what they set. */
export const valueOptions = {
  '--session-id': 'sessionId',
  '--stream-url': 'streamUrl',
  '--token-value': 'tokenValue',
  '--target': 'target',
  '--document-name': 'documentName',
  '--session-type': 'sessionType',
  '--client-id': 'clientId',
  '--parameters': 'parameters',
  '--profile': 'profile',
  '--region': 'region',
  '--endpoint-url': 'endpointUrl',
  '--log-file': 'logFile',
} as const;

const flagOptions = {
  '--verbose': 'verbose',
  '-v': 'verbose',
  '--quiet': 'quiet',
  '--exit-code': 'exitCode',
  '--help': 'help',
  '-h': 'help',
} as const;

/** Settings that are texts. */
export type TextField = (typeof valueOptions)[keyof typeof valueOptions];
/** Settings that are on or off. */
export type FlagField = (typeof flagOptions)[keyof typeof flagOptions];

/** What was given, unjudged: options and members of the JSON alike. */
export type Given = { readonly [Field in TextField]?: string } & { readonly [Field in FlagField]?: boolean };

/** What the words of our own form come to. */
export interface OwnForm {
  readonly given: Given;
  /** Where the response JSON is: a word, standard input (asked for, or there unless a person sits at it), or nowhere. */
  readonly json: { readonly word: string } | 'stdin' | 'stdin-unless-terminal' | undefined;
  /** One line for each thing that is wrong with the words. */
  readonly problems: readonly string[];
}

/** Printed by `--help`. */
export const help = `Usage:
  session-manager-plugin RESPONSE REGION StartSession [PROFILE [REQUEST [ENDPOINT]]]   as the AWS CLI calls it
  session-manager-plugin [OPTION…] [JSON | -]                                          our own form
  session-manager-plugin --version

JSON is what StartSession answered, with the settings below as further members (sessionId, streamUrl, tokenValue,
target, documentName, sessionType, clientId, parameters, profile, region, endpointUrl, logFile, verbose). Options
come before members. With - the JSON is read from standard input; so it is when none of the first three is given.
What follows the JSON there is the session's input.

  --session-id ID         required
  --stream-url URL        required, ws:// or wss://
  --token-value TOKEN     required; best given in the JSON, which other users of this machine cannot see
  --target TARGET         part of the encryption context of sessions with a KMS key
  --document-name NAME    session document: tells which session type to expect
  --session-type TYPE     Standard_Stream (default), InteractiveCommands, NonInteractiveCommands or Port;
                          when given, a session of another kind is refused
  --client-id ID          id of this client towards the service (default: a fresh one)
  --parameters JSON       document parameters: Port needs portNumber; localPortNumber says where to listen
  --profile NAME          AWS profile
  --region REGION         AWS region
  --endpoint-url URL      endpoint of the SSM API
  --log-file FILE         log there as well; its folder is made
  -v, --verbose           log what happens in detail
  --quiet                 nothing but the session's own bytes on stdout
  --exit-code             end with the remote command's exit code
  -h, --help              this text

Exit codes: 0 done, 1 failed, 2 invalid input, 130 interrupted.
With --exit-code: the remote code, or 125 when the session failed without one.
`;

/** Whether these words are of our own form and not of the original's. */
export function isOwnForm(words: readonly string[]): boolean {
  const [first = ''] = words;
  if (words.some((word) => optionOf(word) !== undefined)) return true;
  return words.length === 1 && (first === '-' || first.trimStart().startsWith('{'));
}

/** Reads the words of our own form. Of repeated options the last one counts. */
export function parseOwnForm(words: readonly string[]): OwnForm {
  const given: { [Field in TextField]?: string } & { [Field in FlagField]?: boolean } = {};
  const problems: string[] = [];
  let json: OwnForm['json'];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const option = optionOf(word);
    if (option === undefined) {
      if (word !== '-' && word.startsWith('-')) problems.push(`Unknown option: ${word}`);
      else if (json !== undefined) problems.push(`Unexpected argument: ${shortened(word)}`);
      else json = word === '-' ? 'stdin' : { word };
    } else if (option.kind === 'flag') {
      given[option.field] = true;
    } else {
      const value = option.value ?? rest.shift();
      if (value === undefined) problems.push(`${word} needs a value`);
      else given[option.field] = value;
    }
  }
  // Beside options that say nothing of the session itself, the session is told on standard input. Once one of its
  // three parts is an option, standard input is the session's own.
  const tellsSession = given.sessionId ?? given.streamUrl ?? given.tokenValue;
  if (json === undefined && tellsSession === undefined && !given.help) json = 'stdin-unless-terminal';
  return { given, json, problems };
}

type Option =
  | { readonly kind: 'flag'; readonly field: FlagField }
  | { readonly kind: 'value'; readonly field: TextField; readonly value: string | undefined };

function optionOf(word: string): Option | undefined {
  if (Object.hasOwn(flagOptions, word)) return { kind: 'flag', field: flagOptions[word as keyof typeof flagOptions] };
  const [, name = '', value] = /^(--[a-z-]+)(?:=([^]*))?$/.exec(word) ?? [];
  if (!Object.hasOwn(valueOptions, name)) return undefined;
  return { kind: 'value', field: valueOptions[name as keyof typeof valueOptions], value };
}

/** A stray argument may be a token: enough of it to recognise, too little to use. */
function shortened(word: string): string {
  return word.length > 12 ? `${word.slice(0, 8)}…` : word;
}
