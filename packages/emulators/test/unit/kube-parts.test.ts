import { describe, expect, test } from '@jest/globals';
import { applyPatch } from '../../src/kube/api/patch.js';
import { parsePath } from '../../src/kube/api/path.js';
import { readReview } from '../../src/kube/api/protobuf.js';
import { createKinds } from '../../src/kube/store/kinds.js';
import { createStore } from '../../src/kube/store/store.js';

describe('a path', () => {
  test.each([
    ['/api/v1/pods', { group: '', version: 'v1', resource: 'pods' }],
    ['/api/v1/namespaces', { group: '', version: 'v1', resource: 'namespaces' }],
    ['/api/v1/namespaces/a', { group: '', version: 'v1', resource: 'namespaces', name: 'a' }],
    [
      '/api/v1/namespaces/a/status',
      { group: '', version: 'v1', resource: 'namespaces', name: 'a', subresource: 'status' },
    ],
    ['/api/v1/namespaces/a/pods', { group: '', version: 'v1', resource: 'pods', namespace: 'a' }],
    ['/api/v1/nodes/n', { group: '', version: 'v1', resource: 'nodes', name: 'n' }],
    [
      '/apis/apps/v1/namespaces/a/deployments/d/status',
      { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'a', name: 'd', subresource: 'status' },
    ],
    ['/api/v1', undefined],
    ['/apis/apps', undefined],
    ['/api/v1/pods//x', undefined],
    ['/readyz', undefined],
  ])('%s is taken apart', (path, parts) => expect(parsePath(path)).toEqual(parts));
});

describe('a JSON patch', () => {
  const patch = (operations: unknown): object =>
    applyPatch('application/json-patch+json', { a: { b: [1, 2], 'c/d': 'x' } }, operations, false);

  test.each([
    [[{ op: 'add', path: '/a/b/1', value: 9 }], { b: [1, 9, 2], 'c/d': 'x' }],
    [[{ op: 'add', path: '/a/b/-', value: 9 }], { b: [1, 2, 9], 'c/d': 'x' }],
    [[{ op: 'remove', path: '/a/b/0' }], { b: [2], 'c/d': 'x' }],
    [[{ op: 'replace', path: '/a/c~1d', value: 'y' }], { b: [1, 2], 'c/d': 'y' }],
    [[{ op: 'move', from: '/a/c~1d', path: '/a/e' }], { b: [1, 2], e: 'x' }],
    [[{ op: 'copy', from: '/a/b', path: '/a/e' }], { b: [1, 2], 'c/d': 'x', e: [1, 2] }],
    [[{ op: 'test', path: '/a/b', value: [1, 2] }], { b: [1, 2], 'c/d': 'x' }],
  ])('%j does what RFC 6902 says', (operations, a) => expect(patch(operations)).toEqual({ a }));

  test.each([
    [{ op: 'add' }, 400],
    [[{ op: 'leap', path: '/a' }], 400],
    [[{ op: 'remove', path: '/a/z' }], 422],
    [[{ op: 'replace', path: '/z', value: 1 }], 422],
    [[{ op: 'add', path: '/z/y', value: 1 }], 422],
    [[{ op: 'add', path: '', value: 1 }], 422],
    [[{ op: 'test', path: '/a/b', value: [2] }], 422],
  ])('%j is refused with %d', (operations, code) => {
    expect(() => patch(operations)).toThrow(expect.objectContaining({ code }));
  });
});

test('a patch of another kind is refused, as for custom resources', () => {
  expect(() => applyPatch('application/strategic-merge-patch+json', {}, {}, false)).toThrow('accepted media types');
});

test.each(['', '7b7d', '6b387300ff', '6b387300ffffffffffff', '6b38730012ff'])(
  'a review of bytes %s is refused or empty',
  (hex) => {
    let read: unknown;
    try {
      read = readReview(Buffer.from(hex, 'hex'));
    } catch (error) {
      read = error;
    }
    expect(read).toEqual(hex === '6b38730012ff' ? {} : expect.objectContaining({ code: 400 }));
  },
);

test('the store remembers what happened, up to a limit', () => {
  const [store, kinds] = [createStore(), createKinds([])];
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b' } };
  const kind = kinds.of(object);
  const begun = store.version;
  for (let turn = 0; turn < 5_000; turn++) store.put(kind, object);
  expect(store.changesSince(begun)).toHaveLength(5_000);
  store.put(kind, object);
  expect(store.changesSince(begun)).toBeUndefined();
  expect(store.changesSince(store.version - 2_000)).toHaveLength(2_000);
});
