import type { Json, ReceiptClaim } from './types.js';

const sha256 = /^[0-9a-f]{64}$/;
const names = ['body', 'issued_at', 'issuer', 'kind', 'number', 'previous', 'subject'];

/** What is wrong with a claim, in words; `undefined` when it is one. */
export function flawOf(claim: Json): string | undefined {
  if (!isRecord(claim)) return 'it is no JSON object';
  const stranger = Object.keys(claim).find((name) => !names.includes(name));
  if (stranger !== undefined) return `it has a field ${JSON.stringify(stranger)} that no claim has`;
  const { kind, subject, issuer, issued_at: issuedAt, body, number, previous } = claim;
  if (typeof kind !== 'string' || !/^[a-z0-9.-]+\/[1-9]\d*$/.test(kind))
    return 'its kind is not of the form name/version';
  if (typeof subject !== 'string' || subject === '') return 'it has no subject';
  if (typeof issuer !== 'string' || issuer === '') return 'it has no issuer';
  if (typeof issuedAt !== 'string' || !isTime(issuedAt)) return 'its issued_at is no time in UTC';
  if (!isRecord(body)) return 'its body is no JSON object';
  if (!isPlace(number)) return 'its number is not counted from 1';
  return flawOfPrevious(number, previous);
}

function flawOfPrevious(number: number, previous: Json | undefined): string | undefined {
  if (number === 1) return previous === undefined ? undefined : 'it is the first of its chain and names one before it';
  if (!isRecord(previous)) return `it is number ${number} of its chain and names none before it`;
  if (previous['number'] !== number - 1)
    return `it is number ${number} of its chain and follows another than the one before`;
  const digest = previous['sha256'];
  if (typeof digest !== 'string' || !sha256.test(digest)) return 'it names the one before it by no SHA-256';
  return Object.keys(previous).length === 2
    ? undefined
    : 'it says more of the one before it than a digest and a number';
}

/** Takes a value that has no flaw for the claim that it is. */
export function isClaim(value: Json | undefined): value is Json & ReceiptClaim {
  return value !== undefined && flawOf(value) === undefined;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlace(number: Json | undefined): number is number {
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 1;
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
