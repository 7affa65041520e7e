import type { StartedSession } from '@hawser/ssm-channel';
import { goJsonError } from './go-json.js';
import type { Given } from './own-form.js';

/** Everything a session is started with, judged and found good. */
export interface SessionRequest {
  readonly start: StartedSession;
  readonly target: string | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly endpointUrl: string | undefined;
  readonly clientId: string | undefined;
  /** The kind of session that was said to come; any other is refused. */
  readonly expected: SessionType | undefined;
  /** Where to listen in place of what the session document says. */
  readonly localPort: number | undefined;
  /** The caller is too old to take part in encryption. */
  readonly mayEncrypt: boolean;
}

/** What a session can be of. The first is what one is unless something else was said. */
export const sessionTypes = ['Standard_Stream', 'InteractiveCommands', 'NonInteractiveCommands', 'Port'] as const;
export type SessionType = (typeof sessionTypes)[number];

/** Session types of the documents of AWS. */
const documentTypes: Readonly<Record<string, SessionType>> = {
  'SSM-SessionManagerRunShell': 'Standard_Stream',
  'AWS-StartInteractiveCommand': 'InteractiveCommands',
  'AWS-StartNonInteractiveCommand': 'NonInteractiveCommands',
  'AWS-StartPortForwardingSession': 'Port',
  'AWS-StartPortForwardingSessionToRemoteHost': 'Port',
  'AWS-StartPortForwardingSessionToSocket': 'Port',
  'AWS-StartSSHSession': 'Port',
};

/** The outcome of judging: a request, or every reason why there is none. */
export type Judged = { readonly request: SessionRequest } | { readonly problems: readonly string[] };

/** Judges what our own form was given; every problem is named at once. */
export function validate(given: Given): Judged {
  const { sessionType = 'Standard_Stream', documentName } = given;
  const byDocument = documentTypes[documentName ?? ''];
  const parameters = readParameters(given.parameters);
  const problems = [...missingParts(given), ...parameters.problems];
  if (!isSessionType(sessionType)) problems.push(`Unsupported session type: ${sessionType}`);
  else if (given.sessionType && byDocument && family(sessionType) !== family(byDocument))
    problems.push(`sessionType ${sessionType} does not fit documentName ${documentName}, which is of ${byDocument}`);
  if (sessionType === 'Port' && parameters.problems.length === 0) {
    if (parameters.values['portNumber'] === undefined) problems.push('Port session missing portNumber parameter');
  }
  if (given.endpointUrl && !hasScheme(given.endpointUrl, ['http:', 'https:']))
    problems.push('endpointUrl must be an HTTP URL (http:// or https://)');
  if (problems.length > 0) return { problems };
  return {
    request: {
      start: partsOf(given),
      target: given.target,
      region: given.region,
      profile: given.profile,
      endpointUrl: given.endpointUrl,
      clientId: given.clientId,
      expected: given.sessionType ? (sessionType as SessionType) : byDocument,
      localPort: parameters.values['localPortNumber'],
      mayEncrypt: true,
    },
  };
}

/** What a response lacks or has wrong, in the design document's words. */
export function missingParts(start: Partial<StartedSession>): string[] {
  const problems: string[] = [];
  if (!start.sessionId) problems.push('sessionId is required');
  if (!start.streamUrl) problems.push('streamUrl is required');
  if (!start.tokenValue) problems.push('tokenValue is required');
  if (start.streamUrl && !hasScheme(start.streamUrl, ['ws:', 'wss:']))
    problems.push('streamUrl must be a WebSocket URL (ws:// or wss://)');
  return problems;
}

/** The three parts of a response of which {@link missingParts} found nothing missing. */
export function partsOf({ sessionId = '', streamUrl = '', tokenValue = '' }: Partial<StartedSession>): StartedSession {
  return { sessionId, streamUrl, tokenValue };
}

/**
 * Whether two session types are served alike. The two kinds of shell are: an agent that skips the handshake does not
 * say which of them it runs.
 */
export function family(type: string): string {
  return type === 'InteractiveCommands' ? 'Standard_Stream' : type;
}

function isSessionType(type: string): type is SessionType {
  return (sessionTypes as readonly string[]).includes(type);
}

function hasScheme(url: string, schemes: readonly string[]): boolean {
  return URL.canParse(url) && schemes.includes(new URL(url).protocol);
}

const portLimits = { portNumber: 1, localPortNumber: 0 } as const;

/** Reads document parameters: texts, numbers, or lists of one as StartSession takes them. */
function readParameters(json: string | undefined): {
  readonly values: { readonly [Name in keyof typeof portLimits]?: number };
  readonly problems: readonly string[];
} {
  if (!json) return { values: {}, problems: [] };
  const malformed = goJsonError(json);
  if (malformed !== undefined) return { values: {}, problems: [`Invalid parameters JSON: ${malformed}`] };
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return { values: {}, problems: ['Invalid parameters JSON: it is no object'] };
  }
  const values: { -readonly [Name in keyof typeof portLimits]?: number } = {};
  const problems: string[] = [];
  for (const [name, least] of Object.entries(portLimits) as [keyof typeof portLimits, number][]) {
    const value: unknown = [(parsed as Record<string, unknown>)[name]].flat()[0];
    if (value === undefined) continue;
    const port = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : NaN;
    if (Number.isInteger(port) && port >= least && port <= 65_535) values[name] = port;
    else problems.push(`${name} must be a number from ${least} to 65535`);
  }
  return { values, problems };
}
