import { AwsError } from './api/aws-error.js';

/** The plugin of the agent that serves a session. */
export type SessionType = 'Standard_Stream' | 'InteractiveCommands' | 'NonInteractiveCommands' | 'Port';

/** One parameter of a session document. */
export interface DocumentParameter {
  /** Without a default the parameter must be given. */
  readonly default?: string;
  /** A regular expression the whole value must match. */
  readonly allowedPattern?: string;
}

/** A session document: what StartSession can be asked for. `{{ name }}` in a property stands for a parameter. */
export interface SessionDocument {
  readonly name: string;
  readonly sessionType: SessionType;
  readonly parameters?: Readonly<Record<string, DocumentParameter>>;
  readonly properties?: Readonly<Record<string, string>>;
}

const portPattern = '^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';
const localPortPattern = `^0$|${portPattern}`;
const prefixPattern = '^[0-9a-zA-Z\\r\\n_:-]{0,30}$';

/** The documents AWS provides, as far as their behaviour is known ("Session document schema", "Start a session"). */
export const standardDocuments: readonly SessionDocument[] = [
  { name: 'SSM-SessionManagerRunShell', sessionType: 'Standard_Stream' },
  {
    name: 'AWS-StartInteractiveCommand',
    sessionType: 'InteractiveCommands',
    parameters: { command: {} },
    properties: { command: '{{ command }}' },
  },
  {
    name: 'AWS-StartNonInteractiveCommand',
    sessionType: 'NonInteractiveCommands',
    parameters: {
      command: {},
      separateOutputStream: { default: 'false', allowedPattern: '^(?:[Tt]rue|[Ff]alse)$' },
      stdOutSeparatorPrefix: { default: '', allowedPattern: prefixPattern },
      stdErrSeparatorPrefix: { default: '', allowedPattern: prefixPattern },
    },
    properties: {
      command: '{{ command }}',
      separateOutputStream: '{{ separateOutputStream }}',
      stdOutSeparatorPrefix: '{{ stdOutSeparatorPrefix }}',
      stdErrSeparatorPrefix: '{{ stdErrSeparatorPrefix }}',
    },
  },
  {
    name: 'AWS-StartPortForwardingSession',
    sessionType: 'Port',
    parameters: {
      portNumber: { default: '80', allowedPattern: portPattern },
      localPortNumber: { default: '0', allowedPattern: localPortPattern },
    },
    properties: {
      localPortNumber: '{{ localPortNumber }}',
      portNumber: '{{ portNumber }}',
      type: 'LocalPortForwarding',
    },
  },
  {
    name: 'AWS-StartPortForwardingSessionToRemoteHost',
    sessionType: 'Port',
    parameters: {
      host: { allowedPattern: '^[a-zA-Z0-9._:-]{1,255}$' },
      portNumber: { default: '80', allowedPattern: portPattern },
      localPortNumber: { default: '0', allowedPattern: localPortPattern },
    },
    properties: {
      host: '{{ host }}',
      localPortNumber: '{{ localPortNumber }}',
      portNumber: '{{ portNumber }}',
      type: 'LocalPortForwarding',
    },
  },
  {
    // Its parameters are not documented; these follow the agent's and the client's property names.
    name: 'AWS-StartPortForwardingSessionToSocket',
    sessionType: 'Port',
    parameters: {
      socket: { allowedPattern: '^/.{1,106}$' },
      localPortNumber: { default: '0', allowedPattern: localPortPattern },
    },
    properties: { localPortNumber: '{{ localPortNumber }}', socket: '{{ socket }}', type: 'LocalPortForwarding' },
  },
  {
    name: 'AWS-StartSSHSession',
    sessionType: 'Port',
    parameters: { portNumber: { default: '22', allowedPattern: portPattern } },
    properties: { portNumber: '{{ portNumber }}' },
  },
  {
    name: 'AmazonECS-ExecuteInteractiveCommand',
    sessionType: 'InteractiveCommands',
    parameters: { command: {} },
    properties: { command: '{{ command }}' },
  },
];

/**
 * The properties of a session, parameters filled in; keys sorted, as the agent writes them into its handshake.
 *
 * @throws AwsError `InvalidParameters` for a parameter that is unknown, missing or malformed.
 */
export function resolveProperties(
  document: SessionDocument,
  given: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, string>> {
  const parameters = document.parameters ?? {};
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(parameters, name));
  if (unknown.length > 0) {
    throw new AwsError('InvalidParameters', `Parameters ${unknown.join(', ')} are not defined in ${document.name}.`);
  }
  const values: Record<string, string> = {};
  for (const [name, { default: fallback, allowedPattern }] of Object.entries(parameters)) {
    const value = given[name]?.join(' ') ?? fallback;
    if (value === undefined) {
      throw new AwsError('InvalidParameters', `Parameter "${name}" of ${document.name} is required.`);
    }
    if (allowedPattern !== undefined && !new RegExp(allowedPattern, 'u').test(value)) {
      throw new AwsError(
        'InvalidParameters',
        `Parameter "${name}" with value "${value}" must match ${allowedPattern}.`,
      );
    }
    values[name] = value;
  }
  return Object.fromEntries(
    Object.entries(document.properties ?? {})
      .map(([name, text]) => [name, text.replaceAll(/\{\{\s*(\w+)\s*\}\}/gu, (_, key: string) => values[key] ?? '')])
      .toSorted(([left], [right]) => (left! < right! ? -1 : 1)),
  ) as Record<string, string>;
}
