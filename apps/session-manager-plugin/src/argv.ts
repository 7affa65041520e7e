import { isOwnForm } from './own-form.js';
import { strings } from './strings.js';

/** What the words after the program's name ask for. */
export type Invocation =
  /** Print this on stdout and end with 0. */
  | { readonly do: 'print'; readonly text: string }
  /** Print the version. */
  | { readonly do: 'version' }
  | { readonly do: 'drop-in'; readonly call: DropInCall }
  | { readonly do: 'own-form'; readonly words: readonly string[] };

/** A start as the AWS CLI asks for it. Later words are optional; an empty one says nothing. */
export interface DropInCall {
  /** The response of StartSession, or the name of the environment variable that holds it. */
  readonly response: { readonly json: string } | { readonly variable: string };
  readonly region: string | undefined;
  readonly operation: string;
  /** Missing: the caller is too old to know of encryption. */
  readonly profile: string | undefined;
  /** JSON of the StartSession request. */
  readonly request: string | undefined;
  readonly endpointUrl: string | undefined;
}

const variablePrefix = 'AWS_SSM_START_SESSION_RESPONSE';

/**
 * Sorts the words into the original's contract and our own form.
 *
 * Ours is recognised by one of its options, a lone `-`, or a lone JSON object; the original takes all of these for
 * unknown operations. Everything else means what it means there.
 *
 * @see session-manager-plugin src/sessionmanagerplugin/session/session.go, ValidateInputAndStartSession
 */
export function parseArgv(words: readonly string[]): Invocation {
  const [first, region, operation, profile, request, endpointUrl] = words;
  if (first === undefined) return { do: 'print', text: strings.installed };
  if (words.length === 1 && first === '--version') return { do: 'version' };
  if (isOwnForm(words)) return { do: 'own-form', words };
  if (operation === undefined) return { do: 'print', text: strings.unknownOperation(first) };
  return {
    do: 'drop-in',
    call: {
      response: first.startsWith(variablePrefix) ? { variable: first } : { json: first },
      region,
      operation,
      profile,
      request,
      endpointUrl,
    },
  };
}
