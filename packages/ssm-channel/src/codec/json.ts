import { Buffer } from 'node:buffer';
import { SsmCodecError } from './errors.js';

/** The members of a JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A payload that is JSON. */
export function encodeJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** `what` names the payload in the error's message. */
export function parseObject(payload: Uint8Array | string, what: string): JsonObject {
  const text =
    typeof payload === 'string'
      ? payload
      : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SsmCodecError('HAWSER_SSM_PAYLOAD', `The ${what} is not JSON.`, error);
  }
  return asObject(value, what);
}

/** The value as an object. */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(what, 'an object');
  return value as JsonObject;
}

// A member that is missing or null has its zero value, as the originals' decoder has it; one of another type is wrong.

export function textOf(object: JsonObject, key: string, what: string): string {
  const value = object[key] ?? '';
  if (typeof value !== 'string') throw wrong(`${what}'s ${key}`, 'a text');
  return value;
}

export function integerOf(object: JsonObject, key: string, what: string): number {
  const value = object[key] ?? 0;
  if (!Number.isSafeInteger(value)) throw wrong(`${what}'s ${key}`, 'an integer');
  return value as number;
}

export function booleanOf(object: JsonObject, key: string, what: string): boolean {
  const value = object[key] ?? false;
  if (typeof value !== 'boolean') throw wrong(`${what}'s ${key}`, 'true or false');
  return value;
}

export function listOf(object: JsonObject, key: string, what: string): readonly unknown[] {
  const value = object[key] ?? [];
  if (!Array.isArray(value)) throw wrong(`${what}'s ${key}`, 'a list');
  return value;
}

/** Standard base64 with its padding, as the originals write bytes into JSON. */
export function base64Of(object: JsonObject, key: string, what: string): Buffer {
  const text = textOf(object, key, what);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw wrong(`${what}'s ${key}`, 'base64');
  return bytes;
}

/** The error for a member that is not what it should be. */
export function wrong(what: string, expected: string): SsmCodecError {
  return new SsmCodecError('HAWSER_SSM_PAYLOAD', `The ${what} is not ${expected}.`);
}
