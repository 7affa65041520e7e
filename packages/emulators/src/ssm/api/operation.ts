import type { HttpRequest } from '../../http/server.js';
import { AwsError } from './aws-error.js';

/** The members of a request. */
export type Input = Readonly<Record<string, unknown>>;

/** What one API operation does. */
export type Operation = (input: Input) => Readonly<Record<string, unknown>>;

/** One emulated service. */
export interface Service {
  /** Its name in a signature's scope. */
  readonly signingName: string;
  /** In front of the operation in `X-Amz-Target`. */
  readonly targetPrefix: string;
  /** The member of an error body that carries the text. */
  readonly messageMember: 'message' | 'Message';
  /** The error for a malformed request. */
  readonly validationError: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** @throws AwsError SerializationException */
export function parseInput(request: HttpRequest): Input {
  const text = request.body.toString('utf8');
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON.');
  }
  if (!isObject(value)) throw new AwsError('SerializationException', 'The request body is not an object.');
  return value;
}

/** Reads members of a request strictly; what is wrong is answered as AWS's validation does. */
export interface MemberReader {
  text(name: string): string;
  optionalText(name: string): string | undefined;
  optionalInteger(name: string, least: number, most: number): number | undefined;
  texts(name: string): readonly string[];
  textMap(name: string): Readonly<Record<string, string>>;
  listMap(name: string): Readonly<Record<string, readonly string[]>>;
  optionalList(name: string): readonly Input[];
  optionalBoolean(name: string): boolean | undefined;
}

/** Makes a reader; its methods throw an AwsError of type `validationError`. */
export function readMembers(input: Input, validationError = 'ValidationException'): MemberReader {
  const wrong = (name: string, why: string): AwsError =>
    new AwsError(
      validationError,
      `1 validation error detected: Value at '${name}' failed to satisfy constraint: ${why}`,
    );
  const optionalText = (name: string): string | undefined => {
    const value = input[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') throw wrong(name, 'Member must be a string');
    return value;
  };
  const mapOf = <T>(
    name: string,
    isItem: (value: unknown) => value is T,
    what: string,
  ): Readonly<Record<string, T>> => {
    const value = input[name] ?? {};
    if (!isObject(value) || !Object.values(value).every(isItem)) throw wrong(name, `Member must be a map of ${what}`);
    return value as Readonly<Record<string, T>>;
  };
  return {
    optionalText,
    text: (name) => {
      const value = optionalText(name);
      if (value === undefined || value === '') throw wrong(name, 'Member must not be null');
      return value;
    },
    optionalInteger: (name, least, most) => {
      const value = input[name] ?? undefined;
      if (value === undefined) return undefined;
      if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
        throw wrong(name, `Member must be an integer between ${least} and ${most}`);
      }
      return value as number;
    },
    texts: (name) => {
      const value = input[name] ?? [];
      if (!isTexts(value)) throw wrong(name, 'Member must be a list of strings');
      return value;
    },
    textMap: (name) => mapOf(name, (value): value is string => typeof value === 'string', 'strings'),
    listMap: (name) => mapOf(name, isTexts, 'lists of strings'),
    optionalList: (name) => {
      const value = input[name] ?? [];
      if (!Array.isArray(value) || !value.every(isObject)) throw wrong(name, 'Member must be a list of structures');
      return value;
    },
    optionalBoolean: (name) => {
      const value = input[name] ?? undefined;
      if (value !== undefined && typeof value !== 'boolean') throw wrong(name, 'Member must be a boolean');
      return value;
    },
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isObject(value: unknown): value is Input {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
