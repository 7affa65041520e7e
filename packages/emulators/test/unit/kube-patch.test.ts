import { describe, expect, test } from '@jest/globals';
import { strategicMerge } from '../../src/kube/api/strategic.js';
import { validateUpdate } from '../../src/kube/schema/validate.js';
import type { Kind } from '../../src/kube/store/kinds.js';

describe('a strategic merge patch', () => {
  const pod = {
    metadata: { finalizers: ['a'], labels: { x: '1' } },
    spec: {
      containers: [
        { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] },
        { name: 'log', image: 'log:1' },
      ],
      tolerations: [{ key: 'a' }],
    },
  };

  test.each([
    [
      'changes one container and leaves the others',
      { spec: { containers: [{ name: 'web', image: 'web:2' }] } },
      { spec: { containers: [{ name: 'web', image: 'web:2', env: [{ name: 'A', value: '1' }] }, { name: 'log' }] } },
    ],
    [
      'adds one',
      { spec: { containers: [{ name: 'new', image: 'new:1' }] } },
      { spec: { containers: [{}, {}, { name: 'new' }] } },
    ],
    [
      'takes one away',
      { spec: { containers: [{ $patch: 'delete', name: 'web' }] } },
      { spec: { containers: [{ name: 'log' }] } },
    ],
    [
      'replaces the list',
      { spec: { containers: [{ $patch: 'replace' }, { name: 'only' }] } },
      { spec: { containers: [{ name: 'only' }] } },
    ],
    [
      'merges lists inside of lists',
      { spec: { containers: [{ name: 'web', env: [{ name: 'B', value: '2' }] }] } },
      { spec: { containers: [{ env: [{ name: 'A' }, { name: 'B' }] }, {}] } },
    ],
    [
      'replaces lists without a key',
      { spec: { tolerations: [{ key: 'b' }] } },
      { spec: { tolerations: [{ key: 'b' }] } },
    ],
    ['lets lists of values grow', { metadata: { finalizers: ['b'] } }, { metadata: { finalizers: ['a', 'b'] } }],
    [
      'takes values out of them',
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: [] } },
    ],
    ['takes fields away', { metadata: { labels: null } }, { metadata: { finalizers: ['a'] } }],
    [
      'keeps only what it names',
      { spec: { $retainKeys: ['tolerations'], tolerations: [{ key: 'c' }] } },
      { spec: { tolerations: [{ key: 'c' }] } },
    ],
    ['replaces a map', { metadata: { $patch: 'replace', labels: { y: '2' } } }, { metadata: { labels: { y: '2' } } }],
    [
      'takes no notice of an order',
      { spec: { '$setElementOrder/containers': [{ name: 'log' }] } },
      { spec: { containers: [{ name: 'web' }, { name: 'log' }] } },
    ],
  ])('%s', (_, patch, expected) => {
    const before = JSON.stringify(pod);
    expect(strategicMerge(pod, patch)).toMatchObject(expected);
    expect(JSON.stringify(strategicMerge(pod, patch))).not.toContain('$');
    expect(JSON.stringify(pod)).toBe(before);
  });

  test('replaces and keeps as a whole: nothing else is left', () => {
    expect(strategicMerge({ a: { b: 1, c: 2 } }, { a: { $patch: 'replace', c: 3 } })).toEqual({ a: { c: 3 } });
    expect(strategicMerge({ a: { b: 1, c: 2 } }, { a: { $retainKeys: ['c'] } })).toEqual({ a: { c: 2 } });
  });
});

test('the template of a Job and the data of what is immutable stay as they are', () => {
  const kind = (name: string): Kind => ({
    group: '',
    version: 'v1',
    kind: name,
    resource: '',
    isNamespaced: true,
    shortNames: [],
    subresources: [],
  });
  const job = (image: string) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'a' },
    spec: { template: { image } },
  });
  expect(() => validateUpdate(kind('Job'), job('1'), job('2'))).toThrow('spec.template: field is immutable');
  expect(() =>
    validateUpdate(kind('Job'), job('1'), { ...job('1'), metadata: { name: 'a', labels: {} } }),
  ).not.toThrow();
  const secret = (word: string, immutable: boolean) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a' },
    immutable,
    data: { word },
  });
  expect(() => validateUpdate(kind('Secret'), secret('1', true), secret('2', true))).toThrow(
    'data: field is immutable',
  );
  expect(() => validateUpdate(kind('Secret'), secret('1', false), secret('2', false))).not.toThrow();
});
