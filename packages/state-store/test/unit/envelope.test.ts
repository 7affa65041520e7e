import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defineDocument } from '../../src/define.js';
import { decodeDocument, encodeDocument } from '../../src/envelope.js';

const anything = (): boolean => true;
const define = (version: number, migrations: Record<number, (data: unknown) => unknown> = {}) =>
  defineDocument<unknown>({ name: 'doc', version, schema: {}, validate: anything, migrations, default: () => null });
const writer = { tool: 'test', version: '1' };
const writtenAt = '2026-01-02T03:04:05.678Z';

describe('the envelope', () => {
  test('gives back any JSON value it was given, with all its facts', () => {
    const property = fc.property(fc.jsonValue(), fc.nat(2 ** 40), fc.string(), (value, revision, tool) => {
      const data: unknown = JSON.parse(JSON.stringify(value));
      const bytes = encodeDocument(define(1), { data, revision, writtenAt, writer: { tool, version: '1' } });
      expect(decodeDocument(define(1), anything, bytes)).toEqual({
        verdict: 'good',
        data,
        revision,
        storedVersion: 1,
        writtenAt,
        writer: { tool, version: '1' },
      });
    });
    fc.assert(property, { numRuns: 300 });
  });

  test('is never fooled or felled by bytes that are no envelope', () => {
    const property = fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => Buffer.from(text)),
      ),
      (bytes) => {
        expect(['damaged', 'newer', 'good']).toContain(decodeDocument(define(1), anything, bytes).verdict);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  test('any chain of migrations is run step by step from the stored version to the present one', () => {
    const property = fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }), (from, to) => {
      const steps = Object.fromEntries(
        Array.from({ length: to }, (_, index) => [index + 1, (data: unknown) => [...(data as number[]), index + 1]]),
      );
      const bytes = encodeDocument(define(from, steps8()), { data: [], revision: 1, writtenAt, writer });
      const decoded = decodeDocument(define(to, steps), anything, bytes);
      if (from > to) expect(decoded).toEqual({ verdict: 'newer', storedVersion: from });
      else expect(decoded).toMatchObject({ verdict: 'good', storedVersion: from, data: range(from + 1, to) });

      function steps8(): Record<number, (data: unknown) => unknown> {
        return Object.fromEntries(range(2, from).map((step) => [step, (data: unknown) => data]));
      }
    });
    fc.assert(property, { numRuns: 100 });
  });

  test('a bare value is version 0 where a migration from there exists, and damaged where none does', () => {
    const bare = Buffer.from('{"tunnels":["a"]}');
    const migrations = { 1: (data: unknown) => ({ list: (data as { tunnels: unknown }).tunnels }) };
    expect(decodeDocument(define(1, migrations), anything, bare)).toMatchObject({
      verdict: 'good',
      storedVersion: 0,
      revision: 0,
      data: { list: ['a'] },
    });
    expect(decodeDocument(define(1), anything, bare)).toEqual({ verdict: 'damaged', reason: 'it has no envelope' });
  });

  test.each([
    ['another kind', { kind: 'other' }, "its kind is not 'doc'"],
    ['version 0', { version: 0 }, 'its version is not a whole number from 1'],
    ['a version in words', { version: 'one' }, 'its version is not a whole number from 1'],
    ['a negative revision', { revision: -1 }, 'its revision is not a whole number'],
    ['a revision beyond counting', { revision: Number.MAX_SAFE_INTEGER }, 'its revision is not a whole number'],
  ])('%s is damage', (_what, change, reason) => {
    const envelope = { kind: 'doc', version: 1, revision: 1, data: {}, ...change };
    const bytes = Buffer.from(JSON.stringify(envelope));
    expect(decodeDocument(define(1), anything, bytes)).toEqual({ verdict: 'damaged', reason });
  });

  test('a byte order mark is read over, bytes that are not UTF-8 are damage', () => {
    const bytes = encodeDocument(define(1), { data: 1, revision: 1, writtenAt, writer });
    expect(decodeDocument(define(1), anything, Buffer.concat([Buffer.from('\uFEFF'), bytes])).verdict).toBe('good');
    const broken = Buffer.from(bytes);
    broken[10] = 0xff;
    expect(decodeDocument(define(1), anything, broken)).toEqual({ verdict: 'damaged', reason: 'it is not JSON' });
  });

  test('a migration that throws is told apart from damage', () => {
    const cause = new Error('no such field');
    const failing = define(2, {
      2: () => {
        throw cause;
      },
    });
    const bytes = encodeDocument(define(1), { data: 1, revision: 1, writtenAt, writer });
    expect(decodeDocument(failing, anything, bytes)).toEqual({ verdict: 'unmigratable', storedVersion: 1, cause });
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}
