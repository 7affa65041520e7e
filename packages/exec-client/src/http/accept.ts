import type {
  AttachGrant,
  ExecutionPage,
  ExecutionRecord,
  ExecutionStarted,
  Health,
  KeyCreated,
  KeyRecord,
  LockRecord,
  LogEvent,
  LogPage,
  SecretRecord,
  WhoAmI,
} from '../contract/index.js';

/*
 * Whether an answer is of the kind that was asked for: enough to tell a service from a proxy's page or a torn body, and
 * not a second definition of the contract. What is not looked at here is never leaned on before it is looked at.
 */

type Accept<T> = (answer: unknown) => answer is T;
type Fields = Readonly<Record<string, unknown>>;

/** An execution that was started. */
export function isStarted(answer: unknown): answer is ExecutionStarted {
  return hasText(answer, 'execution_id', 'phase', 'status');
}

/** What is kept of an execution. */
export function isRecord(answer: unknown): answer is ExecutionRecord {
  return hasText(answer, 'execution_id', 'phase', 'status') && typeof (answer as Fields)['version'] === 'number';
}

/** A page of a list. */
export function isExecutionPage(answer: unknown): answer is ExecutionPage {
  return isListOf('executions', isRecord)(answer);
}

/** A stretch of a log. */
export function isLogPage(answer: unknown): answer is LogPage {
  if (!hasText(answer, 'cursor') || !isListOf('events', isLogEvent)(answer)) return false;
  return typeof (answer as Fields)['done'] === 'boolean';
}

/** What a session is opened with. */
export function isGrant(answer: unknown): answer is AttachGrant {
  return hasText(answer, 'session_id', 'stream_url', 'token', 'sentinel');
}

/** What may be known of a secret. */
export function isSecret(answer: unknown): answer is SecretRecord {
  return hasText(answer, 'name');
}

/** A new key. */
export function isKeyCreated(answer: unknown): answer is KeyCreated {
  return hasText(answer, 'key_id', 'api_key');
}

/** Who asks. */
export function isWhoAmI(answer: unknown): answer is WhoAmI {
  return hasText(answer) && Array.isArray((answer as Fields)['scopes']);
}

/** How the service is. */
export function isHealth(answer: unknown): answer is Health {
  return hasText(answer, 'version') && typeof (answer as Fields)['ok'] === 'boolean';
}

/** All locks. */
export const isLocks: Accept<{ readonly locks: readonly LockRecord[] }> = isListOf(
  'locks',
  (lock): lock is LockRecord => hasText(lock, 'name'),
);

/** All secrets, without their values. */
export const isSecrets: Accept<{ readonly secrets: readonly SecretRecord[] }> = isListOf('secrets', isSecret);

/** All keys, without themselves. */
export const isKeys: Accept<{ readonly keys: readonly KeyRecord[] }> = isListOf('keys', (key): key is KeyRecord =>
  hasText(key, 'key_id'),
);

/** Where an answer says nothing but that it was done. */
export function isAnything(_answer: unknown): _answer is unknown {
  return true;
}

/** A JSON object that is not empty of meaning: a receipt, which its verifier looks at. */
export function isObject(answer: unknown): answer is Readonly<Record<string, unknown>> {
  return hasText(answer);
}

function isLogEvent(event: unknown): event is LogEvent {
  return hasText(event, 'message') && Number.isInteger((event as Fields)['seq']);
}

function isListOf<Name extends string, Item>(
  name: Name,
  isItem: Accept<Item>,
): Accept<Readonly<Record<Name, readonly Item[]>>> {
  return (answer): answer is Readonly<Record<Name, readonly Item[]>> => {
    const list = hasText(answer) ? (answer as Fields)[name] : undefined;
    return Array.isArray(list) && list.every(isItem);
  };
}

/** A JSON object with text under these names. */
function hasText(answer: unknown, ...names: readonly string[]): boolean {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return false;
  return names.every((name) => typeof (answer as Fields)[name] === 'string');
}
