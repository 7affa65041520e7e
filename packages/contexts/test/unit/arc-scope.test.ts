import { describe, expect, test } from '@jest/globals';
import { subjectOf } from '@hawser/contexts/arc';
import { apiOf, pathOf, scopeOf, serverOf } from '../../src/arc/scope.js';

describe('whose runners are meant', () => {
  test.each([
    [{ repository: 'acme/app' }, 'acme', 'app'],
    [{ owner: 'acme', repository: 'app' }, 'acme', 'app'],
    // What upstream's own workflow passes: it asked for owner/owner/repo.
    [{ owner: 'Acme', repository: 'acme/app' }, 'Acme', 'app'],
    [{ owner: 'mona_corp', repository: '.github' }, 'mona_corp', '.github'],
  ])('%j', (given, owner, repository) => {
    const subject = subjectOf({ ...given, scaleSet: 'linux' });
    expect(subject).toEqual({
      owner,
      repository,
      scaleSet: 'linux',
      namespace: 'arc-runners',
      githubUrl: 'https://github.com',
    });
  });

  test.each([
    [{ repository: 'app' }, 'Who owns app?'],
    [{ owner: 'other', repository: 'acme/app' }, 'The owner is other, but the repository is acme/app'],
    [{ repository: 'https://github.com/acme/app' }, 'is no repository'],
    [{ repository: 'acme/app/x' }, 'is no repository'],
    [{ repository: 'acme/..' }, 'is no name of a repository'],
    [{ repository: 'acme/a b' }, 'is no name of a repository'],
    [{ repository: '/app' }, 'is no owner'],
    [{ repository: 'ac?me/app' }, 'is no owner'],
    [{ repository: 'acme/app', scaleSet: 'linux,x=y' }, 'is no name of a scale set'],
    [{ repository: 'acme/app', namespace: '../kube-system' }, 'is no name of a namespace'],
    [{ repository: 'acme/app', githubUrl: 'ghe.acme.test' }, 'must begin with https://'],
    [{ repository: 'acme/app', githubUrl: 'ftp://ghe.acme.test' }, 'must begin with https://'],
    [{ repository: 'acme/app', githubUrl: 'http://ghe.acme.test' }, 'would get the token unencrypted'],
  ])('%j is refused', (given, says) => {
    expect(() => subjectOf({ scaleSet: 'linux', ...given })).toThrow(
      expect.objectContaining({ code: 'HAWSER_ARC_BAD_INPUT', exitCode: 2, message: expect.stringContaining(says) }),
    );
  });
});

test.each([
  ['https://github.com', 'https://api.github.com'],
  ['https://acme.ghe.com', 'https://api.acme.ghe.com'],
  ['https://ghe.acme.test', 'https://ghe.acme.test/api/v3'],
  ['https://ghe.acme.test:8443', 'https://ghe.acme.test:8443/api/v3'],
])('the REST API of %s is at %s', (server, api) => {
  expect(apiOf(server)).toBe(api);
});

test.each([
  ['https://github.com/acme', 'https://github.com', '/orgs/acme'],
  ['https://www.github.com/acme/app/', 'https://github.com', '/repos/acme/app'],
  ['https://ghe.acme.test/enterprises/acme', 'https://ghe.acme.test', '/enterprises/acme'],
])('%s is of %s, its runners below %s', (url, server, path) => {
  const scope = scopeOf(url);
  expect([scope?.server, scope && pathOf(scope)]).toEqual([server, path]);
});

test.each(['https://github.com', 'acme/app', 'https://github.com/a/b/c', 'https://github.com/enterprises'])(
  '%s names nothing on GitHub',
  (url) => {
    expect(scopeOf(url)).toBeUndefined();
  },
);

test('a server is told without credentials, path and query', () => {
  expect(serverOf('https://user:secret@ghe.acme.test/x?y')).toBe('https://ghe.acme.test');
  expect(serverOf('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080');
});
