import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { file, header, lfsType, readme, useHub, type HubAnswer, type Line } from '../support/hub.js';

const writer = {
  name: 'hawser',
  token: 'hf_writer',
  orgs: { 'my-org': 'admin', helpers: 'contributor', watchers: 'read' },
} as const;
const reader = { name: 'looker', token: 'hf_reader', role: 'read' } as const;
const free = { name: 'free', token: 'hf_free', isPro: false } as const;
const bench = useHub({ accounts: [writer, reader, free], regularLimitBytes: 4096, multipartBytes: 1000 });

const create = (body: Readonly<Record<string, unknown>>, token: string | null = writer.token): Promise<HubAnswer> =>
  bench.ask('POST', '/api/repos/create', { body: { type: 'space', sdk: 'docker', ...body }, token });
const said = ({ status, json }: HubAnswer): unknown[] => [status, json['error']];

describe('who asks', () => {
  test.each([
    ['no token', null, 'Invalid username or password.'],
    ['a token that does not begin with hf_', 'writer', 'Invalid credentials in Authorization header'],
    ['a token nobody has', 'hf_other', 'Invalid credentials in Authorization header'],
  ])('401 for %s', async (_, token, message) => {
    const answer = await bench.ask('GET', '/api/whoami-v2', { token });
    expect(said(answer)).toEqual([401, message]);
    expect(answer.headers.get('x-error-message')).toBe(message);
  });

  test('what is hidden and what is missing are the same: 401 to nobody, 404 to a stranger', async () => {
    expect((await create({ name: 'hidden', visibility: 'private' })).status).toBe(200);
    for (const space of ['hawser/hidden', 'hawser/missing']) {
      const stranger = await bench.ask('GET', `/api/spaces/${space}`, { token: reader.token });
      expect([stranger.status, stranger.headers.get('x-error-code')]).toEqual([404, 'RepoNotFound']);
      expect((await bench.ask('GET', `/api/spaces/${space}`, { token: null })).status).toBe(401);
    }
    expect((await bench.ask('GET', '/api/spaces/hawser/hidden')).status).toBe(200);
  });

  test('a read token, a reading member and a stranger cannot write: 403', async () => {
    const space = await bench.space();
    await create({ name: 'theirs', organization: 'my-org' });
    expect(await bench.commit(space, [file('a', 'a')], { token: reader.token })).toMatchObject({
      status: 403,
      json: { error: expect.stringContaining('can only read') },
    });
    expect(await bench.commit('my-org/theirs', [file('a', 'a')], { token: free.token })).toMatchObject({
      status: 403,
      json: { error: expect.stringContaining('pass `create_pr=1`') },
    });
  });
});

describe('making a Space', () => {
  test('409 when it is there already, with its address', async () => {
    await create({ name: 'twice' });
    expect(await create({ name: 'twice' })).toMatchObject({
      status: 409,
      json: { error: 'You already created this space repo', url: `${bench.hub.endpoint}/spaces/hawser/twice` },
    });
  });

  test('402 for a Docker Space of a free account; a static one is free', async () => {
    expect((await create({ name: 'costs' }, free.token)).status).toBe(402);
    expect((await create({ name: 'costs', sdk: 'static' }, free.token)).status).toBe(200);
  });

  test.each([
    ['with a read token', {}, reader.token, 403],
    ['without a token', {}, null, 401],
    ['in a strange namespace', { organization: 'strangers' }, writer.token, 403],
    ['in an organization as a contributor', { organization: 'helpers' }, writer.token, 403],
    ['in an organization as a reader', { organization: 'watchers' }, writer.token, 403],
    ['of another type', { type: 'model' }, writer.token, 400],
    ['of an unknown sdk', { sdk: 'rails' }, writer.token, 400],
    ['with an unknown visibility', { visibility: 'secret' }, writer.token, 400],
    ['with an unknown member', { colour: 'red' }, writer.token, 400],
    ['on unknown hardware', { hardware: 'abacus' }, writer.token, 400],
    ['with a variable that is none', { variables: [{ key: '1', value: '' }] }, writer.token, 400],
    ['with a file that is no base64', { files: [{ path: 'a', content: '?' }] }, writer.token, 400],
  ])('is refused %s', async (what, fields, token, status) => {
    const name = what.replaceAll(/\W+/gu, '-');
    expect((await create({ name, ...fields }, token)).status).toBe(status);
    // What cannot be made as it was asked for is not made.
    expect(bench.hub.head(`hawser/${name}`)).toBeUndefined();
  });

  test.each(['-a', 'a-', 'a--b', 'a..b', 'a.git', 'a/b', 'é', '', 'x'.repeat(97)])(
    '400 for the name %j',
    async (name) => {
      expect((await create({ name })).status).toBe(400);
    },
  );
});

describe('a commit is refused', () => {
  const binary = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0]), Buffer.alloc(64, 7)]);
  const unknown = 'a'.repeat(64);
  const cases: readonly [what: string, lines: readonly Line[], status: number, words: RegExp][] = [
    ['with an unknown key', [{ key: 'copyFile', value: {} }], 400, /nothing a commit can do/u],
    [
      'with an unknown member of a file',
      [{ key: 'file', value: { path: 'a', content: '', mode: '1' } }],
      400,
      /"mode"/u,
    ],
    [
      'with an unknown member of its header',
      [{ key: 'header', value: { summary: 's', force: true } }],
      400,
      /"force"/u,
    ],
    ['without a summary', [{ key: 'header', value: { summary: ' ' } }], 400, /summary/u],
    ['with an unknown encoding', [{ key: 'file', value: { path: 'a', content: '', encoding: 'hex' } }], 400, /hex/u],
    ['with broken base64', [{ key: 'file', value: { path: 'a', content: 'a?=', encoding: 'base64' } }], 400, /base64/u],
    ['with a binary file as a regular one', [file('a.xyz', binary)], 400, /binary/u],
    ['with too large a regular file', [file('a.txt', 'x'.repeat(4096))], 400, /4096 bytes/u],
    ['with a file that .gitattributes sends through LFS', [file('a.bin', 'text')], 400, /\.gitattributes/u],
    [
      'with an LFS object that is not here',
      [{ key: 'lfsFile', value: { path: 'a', algo: 'sha256', oid: unknown, size: 1 } }],
      400,
      /not been uploaded/u,
    ],
    [
      'with an LFS object by another algorithm',
      [{ key: 'lfsFile', value: { path: 'a', algo: 'md5', oid: unknown } }],
      400,
      /md5/u,
    ],
    ['with the same path twice', [file('a', '1'), file('a', '2')], 400, /twice/u],
    ['with a path that is file and directory', [file('a', '1'), file('a/b', '2')], 400, /both a file and a directory/u],
    [
      'with an unknown sdk in its README',
      [file('README.md', readme.replace('docker', 'rails'))],
      400,
      /"sdk" must be one of/u,
    ],
    ['with a hex colour in its README', [file('README.md', readme.replace('red', "'#ff0000'"))], 400, /"colorFrom"/u],
    ['with front matter that is no YAML', [file('README.md', '---\na: [\n---\n')], 400, /Invalid YAML/u],
    [
      'that deletes a file that is not there',
      [{ key: 'deletedFile', value: { path: 'gone' } }],
      404,
      /no file 'gone'/u,
    ],
    ['that deletes a folder that is not there', [{ key: 'deletedFolder', value: { path: 'gone' } }], 404, /no folder/u],
    ...['.git/config', 'a/.GIT/x', '../a', '/a', 'a//b', './a', '', 'a\\b', 'git~1/x'].map(
      (path): [string, Line[], number, RegExp] => [
        `at the path ${JSON.stringify(path)}`,
        [file(path, 'x')],
        400,
        /not a path/u,
      ],
    ),
  ];
  test.each(cases)('%s', async (_, lines, status, words) => {
    const space = await bench.space();
    const head = bench.hub.head(space);
    const answer = await bench.commit(space, lines);
    expect(said(answer)).toEqual([status, expect.stringMatching(words)]);
    expect(bench.hub.head(space)).toEqual(head);
  });

  test('says of an invalid README what is wrong, one by one', async () => {
    const answer = await bench.commit(await bench.space(), [file('README.md', '---\ntitle: 1\napp_port: x\n---\n')]);
    expect(answer.json['errors']).toEqual([
      { message: '"sdk" is required' },
      { message: '"title" must be a string' },
      { message: '"app_port" must be a port number' },
    ]);
  });

  test('with an LFS object of another size', async () => {
    const space = await bench.space();
    const oid = await bench.store(space, Buffer.from('content'));
    const line = { key: 'lfsFile', value: { path: 'a', algo: 'sha256', oid, size: 8 } };
    expect(said(await bench.commit(space, [line]))).toEqual([400, expect.stringContaining('has 7 bytes, not 8')]);
  });

  test('of a stale parent: 412, and it names the head', async () => {
    const space = await bench.space();
    const parentCommit = bench.hub.head(space)?.commit;
    await bench.commit(space, [file('a', '1')]);
    const head = bench.hub.head(space);
    const late = await bench.commit(space, [{ key: 'header', value: { summary: 's', parentCommit } }, file('a', '2')]);
    expect(said(late)).toEqual([412, expect.stringContaining(head?.commit ?? '')]);
    expect(bench.hub.head(space)).toEqual(head);
  });

  test('to a branch there is not: 404 RevisionNotFound', async () => {
    const answer = await bench.commit(await bench.space(), [file('a', '1')], { revision: 'nowhere' });
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([404, 'RevisionNotFound']);
  });

  test.each([
    ['without a header', JSON.stringify(file('a', '1'))],
    ['of nothing', ''],
    ['that is no JSON', `${JSON.stringify(header)}\n{`],
    ['whose line has no value', `${JSON.stringify(header)}\n{"key":"file"}`],
  ])('%s', async (_, body) => {
    expect((await bench.ask('POST', `/api/spaces/${await bench.space()}/commit/main`, { body })).status).toBe(400);
  });

  test('with a line longer than any file may be: 413, and the connection goes on', async () => {
    const body = `${JSON.stringify(header)}\n{"key":"file","value":{"content":"${'A'.repeat(200_000)}`;
    const space = await bench.space();
    expect((await bench.ask('POST', `/api/spaces/${space}/commit/main`, { body })).status).toBe(413);
    expect((await bench.commit(space, [file('a', '1')])).status).toBe(200);
  });
});

describe('LFS', () => {
  const content = Buffer.alloc(2500, 'lfs');
  const oid = createHash('sha256').update(content).digest('hex');
  const batch = async (
    space: string,
    fields: Readonly<Record<string, unknown>>,
    type: string = lfsType,
  ): Promise<HubAnswer> =>
    await bench.ask('POST', `/spaces/${space}.git/info/lfs/objects/batch`, {
      headers: { 'content-type': type },
      body: {
        operation: 'upload',
        transfers: ['basic', 'multipart'],
        objects: [{ oid, size: content.length }],
        ...fields,
      },
    });
  interface Uploads {
    readonly objects: readonly [
      { readonly actions: { readonly upload: { readonly href: string; readonly header: Record<string, string> } } },
    ];
  }
  const upload = async (space: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const { objects } = (await batch(space, fields)).json as unknown as Uploads;
    return objects[0].actions.upload;
  };
  const put = (href: string, body: Buffer): Promise<HubAnswer> =>
    bench.ask('PUT', new URL(href).pathname, { body, token: null });

  test.each([
    ['an unknown operation', { operation: 'peek' }, lfsType, 400],
    ['another algorithm', { hash_algo: 'md5' }, lfsType, 409],
    ['another media type', {}, 'application/json', 415],
  ])('refuses %s', async (_, fields, type, status) => {
    expect((await batch(await bench.space(), fields, type)).status).toBe(status);
  });

  test('says of each object what is wrong with it', async () => {
    const space = await bench.space();
    const wrong = await batch(space, { objects: [{ oid: 'short', size: 1 }] });
    expect(wrong.json['objects']).toEqual([expect.objectContaining({ error: expect.objectContaining({ code: 422 }) })]);
    const missing = await batch(space, { operation: 'download', objects: [{ oid: 'b'.repeat(64), size: 1 }] });
    expect(missing.json['objects']).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: 404 }) }),
    ]);
  });

  test('refuses bytes that are not the object, and forgets them', async () => {
    const space = await bench.space();
    const { href } = await upload(space, { transfers: ['basic'] });
    expect((await put(href, Buffer.from('other'))).status).toBe(400);
    const verified = await bench.ask('POST', `/spaces/${space}.git/info/lfs/objects/verify`, {
      body: { oid, size: content.length },
    });
    expect(verified.status).toBe(404);
    expect((await put(`${bench.hub.endpoint}/lfs-storage/upload/none`, content)).status).toBe(404);
  });

  test('multipart: refuses parts of a wrong size, with a wrong number, ETag or order, and an upload that was not completed', async () => {
    const space = await bench.space();
    const { href, header: parts } = await upload(space);
    expect([Object.keys(parts), parts['chunk_size']]).toEqual([['chunk_size', '00001', '00002', '00003'], '1000']);
    const urls = ['00001', '00002', '00003'].map((number) => parts[number] ?? '');
    expect((await put(urls[0] ?? '', content.subarray(0, 999))).status).toBe(400);
    expect((await put(urls[0]?.replace(/1$/u, '4') ?? '', content)).status).toBe(404);
    expect((await put(href.replace('/complete', ''), content)).status).toBe(400);
    const etags: string[] = [];
    for (const [index, url] of urls.entries()) {
      const { headers, status } = await put(url, content.subarray(index * 1000, (index + 1) * 1000));
      expect(status).toBe(200);
      etags.push(headers.get('etag') ?? '');
    }
    const complete = (list: readonly unknown[], of = oid): Promise<HubAnswer> =>
      bench.ask('POST', new URL(href).pathname, { body: { oid: of, parts: list }, token: null });
    const told = etags.map((etag, index) => ({ partNumber: index + 1, etag }));
    const line = { key: 'lfsFile', value: { path: 'a', algo: 'sha256', oid, size: content.length } };
    expect((await bench.commit(space, [line])).status).toBe(400);
    expect((await complete(told.toReversed())).status).toBe(400);
    expect((await complete(told.slice(1))).status).toBe(400);
    expect((await complete(told.map((part) => ({ ...part, etag: 'other' })))).status).toBe(400);
    expect((await complete(told, 'c'.repeat(64))).status).toBe(400);
    expect((await complete(told)).status).toBe(200);
    expect((await bench.commit(space, [line])).status).toBe(200);
  });
});

describe('preupload is refused', () => {
  test.each([
    ['with a sample that is not what it must be', [{ path: 'a', size: 3, sample: '' }]],
    ['with a sample longer than its file', [{ path: 'a', size: 1, sample: 'YWI=' }]],
    ['with a sample that is no base64', [{ path: 'a', size: 3, sample: '?' }]],
    ['with a negative size', [{ path: 'a', size: -1, sample: '' }]],
    ['with a reserved path', [{ path: '.git/x', size: 0, sample: '' }]],
    ['with an unknown member', [{ path: 'a', size: 0, sample: '', mode: 'x' }]],
    ['with a file that is none', ['a']],
  ])('%s', async (_, files) => {
    const answer = await bench.ask('POST', `/api/spaces/${await bench.space()}/preupload/main`, { body: { files } });
    expect(answer.status).toBe(400);
  });
});

describe('everything else', () => {
  test('413 for more than 1,000 paths', async () => {
    const paths = Array.from({ length: 1001 }, (_, index) => `f${index}`);
    const space = await bench.space();
    expect((await bench.ask('POST', `/api/spaces/${space}/paths-info/main`, { body: { paths } })).status).toBe(413);
    expect(
      (await bench.ask('POST', `/api/spaces/${space}/paths-info/main`, { body: { paths: paths.slice(1) } })).status,
    ).toBe(200);
  });

  test.each([
    ['GET', '/api/spaces/SPACE/tree/nowhere', undefined, 404, 'RevisionNotFound'],
    ['GET', '/api/spaces/SPACE/tree/main/nowhere', undefined, 404, 'EntryNotFound'],
    ['GET', '/api/spaces/SPACE/tree/main?cursor=eA', undefined, 400, null],
    ['GET', '/spaces/SPACE/resolve/main/nowhere', undefined, 404, 'EntryNotFound'],
    ['GET', '/api/spaces/SPACE?expand=everything', undefined, 400, null],
    ['GET', '/api/spaces/SPACE/commits/nowhere', undefined, 404, 'RevisionNotFound'],
    ['GET', '/api/spaces/SPACE/commits/main?limit=0', undefined, 400, null],
    ['GET', '/api/spaces/SPACE/discussions/9', undefined, 404, null],
    ['POST', '/api/spaces/SPACE/discussions', { title: 'ab' }, 400, null],
    ['POST', '/api/spaces/SPACE/discussions/9/merge', {}, 404, null],
    ['POST', '/api/spaces/SPACE/super-squash/nowhere', {}, 404, 'RevisionNotFound'],
    ['POST', '/api/spaces/SPACE/branch/main', {}, 409, null],
    ['POST', '/api/spaces/SPACE/branch/a..b', {}, 400, null],
    ['DELETE', '/api/spaces/SPACE/branch/main', undefined, 403, null],
    ['POST', '/api/spaces/SPACE/hardware', { flavor: 'abacus' }, 400, null],
    ['POST', '/api/spaces/SPACE/sleeptime', { seconds: -2 }, 400, null],
    ['POST', '/api/spaces/SPACE/dev-mode', { enabled: 1 }, 400, null],
    ['POST', '/api/spaces/SPACE/variables', { key: 'A' }, 400, null],
    ['DELETE', '/api/spaces/SPACE/secrets', { name: 'A' }, 400, null],
    ['PUT', '/api/spaces/SPACE/settings', { sdk: 'docker' }, 400, null],
    ['POST', '/api/spaces/SPACE/duplicate', { repository: 'one' }, 400, null],
    ['POST', '/api/validate-yaml', { content: '---\nsdk: rails\n---\n', repoType: 'space' }, 400, null],
    ['GET', '/api/spaces/SPACE/xet-write-token/main', undefined, 404, null],
    ['GET', '/spaces/SPACE/info/refs', undefined, 403, null],
    ['POST', '/spaces/SPACE/git-receive-pack', 'nothing', 400, null],
    ['GET', '/nowhere', undefined, 404, null],
    ['DELETE', '/api/whoami-v2', undefined, 405, null],
    ['GET', '/api/spaces/%E0%A4%A/x', undefined, 400, null],
  ])('%s %s with %j: %i', async (method, path, body, status, code) => {
    const answer = await bench.ask(method, path.replace('SPACE', await bench.space()), { body });
    expect([answer.status, answer.headers.get('x-error-code')]).toEqual([status, code]);
    expect(answer.json['error']).toEqual(expect.any(String));
  });

  test('a static Space has no runtime to change: 400', async () => {
    await create({ name: 'files', sdk: 'static' });
    expect((await bench.ask('POST', '/api/spaces/hawser/files/restart')).status).toBe(400);
  });

  test('a body that is no JSON, or too large', async () => {
    expect((await bench.ask('POST', '/api/repos/create', { body: '[1]' })).status).toBe(400);
    expect((await bench.ask('POST', '/api/repos/create', { body: 'x'.repeat(5 << 20) })).status).toBe(413);
  });
});
