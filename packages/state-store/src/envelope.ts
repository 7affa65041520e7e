import { TextDecoder } from 'node:util';
import { fileSchemaId, type DocumentDefinition } from './define.js';
import { describeComplaint, type Validator } from './validator.js';

/** Who wrote a version of a document. */
export interface Writer {
  readonly tool: string;
  readonly version: string;
}

/** What a file that holds a good document says. */
export interface DecodedDocument {
  readonly verdict: 'good';
  readonly data: unknown;
  readonly revision: number;
  /** The version it was stored in, at most the definition's. */
  readonly storedVersion: number;
  readonly writtenAt?: string;
  readonly writer?: Writer;
}

/** What a file was found to hold. */
export type Decoded =
  | DecodedDocument
  /** Not a document of this definition; `data` is what there is, brought to the present version, if it got that far. */
  | { readonly verdict: 'damaged'; readonly reason: string; readonly data?: unknown; readonly revision?: number }
  | { readonly verdict: 'newer'; readonly storedVersion: number }
  | { readonly verdict: 'unmigratable'; readonly storedVersion: number; readonly cause: unknown };

/** Puts data into its envelope. */
export function encodeDocument(
  definition: DocumentDefinition<unknown>,
  { data, revision, writtenAt, writer }: { data: unknown; revision: number; writtenAt: string; writer: Writer },
): Uint8Array {
  const { name: kind, version } = definition;
  const envelope = { $schema: fileSchemaId(definition), kind, version, revision, writtenAt, writer, data };
  return Buffer.from(`${JSON.stringify(envelope, undefined, 2)}\n`);
}

/** Takes data out of its envelope, migrates and validates it. Never throws, whatever the bytes are. */
export function decodeDocument(
  definition: DocumentDefinition<unknown>,
  validate: Validator,
  bytes: Uint8Array,
): Decoded {
  const envelope = parse(bytes);
  if (envelope === undefined) return { verdict: 'damaged', reason: 'it is not JSON' };
  const fields = readEnvelope(definition, envelope);
  if (typeof fields === 'string') return { verdict: 'damaged', reason: fields };
  const { storedVersion, data: stored, ...rest } = fields;
  if (storedVersion > definition.version) return { verdict: 'newer', storedVersion };
  let data = stored;
  try {
    for (let step = storedVersion + 1; step <= definition.version; step++) data = definition.migrations[step]?.(data);
  } catch (cause) {
    return { verdict: 'unmigratable', storedVersion, cause };
  }
  if (!validate(data)) {
    return { verdict: 'damaged', reason: describeComplaint(validate), data, revision: rest.revision };
  }
  return { verdict: 'good', data, storedVersion, ...rest };
}

interface EnvelopeFields {
  readonly storedVersion: number;
  readonly data: unknown;
  readonly revision: number;
  readonly writtenAt?: string;
  readonly writer?: Writer;
}

/** The envelope's fields, or what is wrong with it. */
function readEnvelope(definition: DocumentDefinition<unknown>, envelope: unknown): EnvelopeFields | string {
  if (!isRecord(envelope) || !('data' in envelope) || !('version' in envelope)) {
    const isVersionZero = definition.migrations[1] !== undefined;
    return isVersionZero ? { storedVersion: 0, data: envelope, revision: 0 } : 'it has no envelope';
  }
  const { kind, version, revision, writtenAt, writer, data } = envelope;
  if (kind !== definition.name) return `its kind is not '${definition.name}'`;
  if (!isCount(version) || version === 0) return 'its version is not a whole number from 1';
  if (!isCount(revision)) return 'its revision is not a whole number';
  return {
    storedVersion: version,
    data,
    revision,
    ...(typeof writtenAt === 'string' ? { writtenAt } : {}),
    ...(isWriter(writer) ? { writer } : {}),
  };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Far below 2^53, so that counting on stays exact. */
const MAX_COUNT = 2 ** 48;

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_COUNT;
}

function isWriter(value: unknown): value is Writer {
  return isRecord(value) && typeof value['tool'] === 'string' && typeof value['version'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
