import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPublicAddress } from '../../src/fetch/addresses.js';
import { checkSource } from '../../src/fetch/source-url.js';

const open = { hosts: [], allowHttp: false, allowPrivate: false };

test.each([
  ['http://github.com/o/r.git', /over https/],
  ['ftp://github.com/o/r.git', /over https/],
  ['file:///etc/passwd.zip', /over https/],
  ['https://me:secret@github.com/o/r.git', /user name/],
  ['https://github.com@169.254.169.254/x.zip', /user name/],
  ['https://github.com:8443/o/r.git', /Port 8443/],
  ['https://127.0.0.1/x.zip', /public/],
  ['https://2130706433/x.zip', /public/],
  ['https://0x7f000001/x.zip', /public/],
  ['https://0177.0.0.1/x.zip', /public/],
  ['https://127.1/x.zip', /public/],
  ['https://0/x.zip', /public/],
  ['https://169.254.169.254/x.zip', /public/],
  ['https://168.63.129.16/x.zip', /public/],
  ['https://100.64.0.1/x.zip', /public/],
  ['https://[::1]/x.zip', /public/],
  ['https://[::ffff:10.0.0.1]/x.zip', /public/],
  ['https://[64:ff9b::a00:1]/x.zip', /public/],
  ['https://[2002:a00:1::]/x.zip', /public/],
  ['https://[fd00::1]/x.zip', /public/],
  ['https://１２７.0.0.1/x.zip', /public/],
  ['https://localhost/x.zip', /public/],
  ['https://kubernetes.default.svc/x.zip', /public/],
  ['https://metadata.google.internal./x.zip', /public/],
  ['https://github.com/o/r\u0009.git', /control/],
  ['https://github.com\\@evil.example/x.zip', /control/],
  ['https://github.com/o/r/tree', /no branch/],
  ['https://github.com/o/r/tree/', /no branch/],
  ['https://github.com/o/r/tree/main/%2e%2e%2fx', /leads out/],
  ['https://github.com/o/r/tree/%zz', /escape/],
  ['https://example.com/page', /none of/],
  ['https://example.com/x.git#--upload-pack=touch', /no ref/],
  ['no address', /control|none/],
])('refuses %s', (url, sentence) => {
  expect(() => checkSource(url, open)).toThrow(expect.objectContaining({ code: 'HAWSER_SESSIONS_SOURCE_REJECTED' }));
  expect(() => checkSource(url, open)).toThrow(sentence);
});

test('tells the four kinds of source apart', () => {
  expect(checkSource('https://github.com/o/r/tree/feature/x/folder', open)).toMatchObject({
    kind: 'tree',
    rest: ['feature', 'x', 'folder'],
  });
  expect(checkSource('https://example.com/a/code.ZIP', open).kind).toBe('zip');
  expect(checkSource('https://example.com/code.tar.gz?x=1', open).kind).toBe('tar');
  expect(checkSource('https://example.com/code.tgz', open).kind).toBe('tar');
  expect(checkSource('https://example.com/o/r.git#v1.2', open)).toMatchObject({ kind: 'git', ref: 'v1.2' });
});

test('a wildcard host covers names below it, at label boundaries only', () => {
  const rules = { ...open, hosts: ['*.example.com', 'github.com', 'git.example.org:8443'] };
  expect(checkSource('https://a.b.example.com/x.zip', rules).kind).toBe('zip');
  expect(checkSource('https://codeload.github.com/x.zip', rules).kind).toBe('zip');
  expect(checkSource('https://git.example.org:8443/x.zip', rules).kind).toBe('zip');
  for (const host of ['example.com', 'evilexample.com', 'example.com.evil.org', 'gist.github.com', 'git.example.org']) {
    expect(() => checkSource(`https://${host}/x.zip`, rules)).toThrow(/not among the hosts/);
  }
});

test('every IPv4 address is judged the same in all its spellings', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      const spellings = [
        address,
        String(number),
        `0x${number.toString(16)}`,
        `${a}.${b}.${c * 256 + d}`,
        `0${a.toString(8)}.${b}.${c}.${d}`,
      ];
      for (const host of spellings) {
        const judge = (): unknown => checkSource(`https://${host}/x.zip`, open);
        if (isPublicAddress(address)) expect(judge).not.toThrow();
        else expect(judge).toThrow(/public/);
      }
    }),
  );
});
