import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import { ReceiptError } from './errors.js';
import type { Envelope } from './types.js';

/** What every payload of ours is. */
export const payloadType = 'application/vnd.hawser.receipt+json';

/**
 * The bytes that are signed: the type and the payload, each behind its length, so that no two pairs give the same bytes.
 *
 * @see DSSE 1.0.2 (secure-systems-lab/dsse, protocol.md), "Pre-Authentication Encoding"
 */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** SHA-256 of an envelope as canonical JSON, in hexadecimal digits: what the next receipt of the chain names. */
export function digestOf(envelope: Envelope): string {
  const { payload, signatures } = envelope;
  const whole = {
    payload,
    payloadType: envelope.payloadType,
    signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig })),
  };
  return createHash('sha256').update(canonicalJson(whole)).digest('hex');
}

/**
 * Reads an envelope from a file or an answer.
 *
 * @throws ReceiptError `HAWSER_RECEIPT_INVALID` when it is none, or has anything that is not signed or bound to the
 * signature: fields of other names, a second signature, base64 that is written in another way than usual.
 */
export function readEnvelope(source: unknown): Envelope {
  const value = typeof source === 'string' ? parse(source) : source;
  const {
    payloadType: type,
    payload,
    signatures,
  } = fields(value, 'a receipt', ['payloadType', 'payload', 'signatures']);
  if (type !== payloadType) throw invalid(`its payloadType is not ${payloadType}`);
  if (!Array.isArray(signatures) || signatures.length !== 1) throw invalid('it does not have exactly one signature');
  const { keyid, sig } = fields(signatures[0], 'its signature', ['keyid', 'sig']);
  if (typeof keyid !== 'string' || !/^[0-9a-f]{64}$/.test(keyid)) throw invalid('its keyid is no SHA-256');
  return { payloadType: type, payload: base64(payload, 'payload'), signatures: [{ keyid, sig: base64(sig, 'sig') }] };
}

/** Parsers differ in what they take of a field that is there twice: a receipt says everything once. */
function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReceiptError('HAWSER_RECEIPT_INVALID', 'That is no receipt: it is not JSON.', { cause: error });
  }
  // No text in a receipt has white space in it.
  if (text.replaceAll(/[ \t\r\n]/g, '') === JSON.stringify(value)) return value;
  throw invalid('it has a field twice, or text that is written in an unusual way');
}

function fields(value: unknown, what: string, names: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} is no JSON object`);
  const stranger = Object.keys(value).find((name) => !names.includes(name));
  if (stranger !== undefined) throw invalid(`${what} has a field ${JSON.stringify(stranger)}, which nothing proves`);
  return value as Readonly<Record<string, unknown>>;
}

/** Base64 has many spellings of the same bytes; a receipt has one, so that a changed character is a changed receipt. */
function base64(text: unknown, name: string): string {
  if (typeof text === 'string' && text !== '' && Buffer.from(text, 'base64').toString('base64') === text) return text;
  throw invalid(`its ${name} is no base64`);
}

function invalid(why: string): ReceiptError {
  return new ReceiptError('HAWSER_RECEIPT_INVALID', `That is no receipt: ${why}.`);
}
