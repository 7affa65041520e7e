import { describe, expect, test } from '@jest/globals';
import { proxyFor } from '../../src/transport/proxy.js';

const proxy = 'http://proxy.example.com:3128';
const goes = (url: string, env: Record<string, string>): string | undefined => proxyFor(url, env)?.href;

describe('which proxy a URL takes', () => {
  test('secure URLs look at HTTPS_PROXY and plain ones at HTTP_PROXY, in both cases', () => {
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      expect(goes('https://ssm.eu-west-1.amazonaws.com/', { [name]: proxy })).toBe(`${proxy}/`);
      expect(goes('wss://ssmmessages.eu-west-1.amazonaws.com/v1', { [name]: proxy })).toBe(`${proxy}/`);
      expect(goes('http://a.example/', { [name]: proxy })).toBeUndefined();
    }
    for (const name of ['HTTP_PROXY', 'http_proxy']) {
      expect(goes('http://a.example/', { [name]: proxy })).toBe(`${proxy}/`);
      expect(goes('ws://a.example/', { [name]: proxy })).toBe(`${proxy}/`);
      expect(goes('https://a.example/', { [name]: proxy })).toBeUndefined();
    }
  });

  test('nothing set, or set to nothing, goes directly', () => {
    expect(goes('https://a.example/', {})).toBeUndefined();
    expect(goes('https://a.example/', { HTTPS_PROXY: '' })).toBeUndefined();
    expect(goes('https://a.example/', { HTTPS_PROXY: '', https_proxy: proxy })).toBe(`${proxy}/`);
  });

  test('this machine is never reached through a proxy', () => {
    for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]']) {
      expect(goes(`https://${host}:8443/`, { HTTPS_PROXY: proxy })).toBeUndefined();
    }
    expect(goes('https://localhost.example.com/', { HTTPS_PROXY: proxy })).toBe(`${proxy}/`);
  });

  test('a proxy without a scheme is an HTTP one, and keeps its user', () => {
    expect(goes('https://a.example/', { HTTPS_PROXY: 'proxy:8080' })).toBe('http://proxy:8080/');
    expect(goes('https://a.example/', { HTTPS_PROXY: 'me:p%40ss@proxy:8080' })).toBe('http://me:p%40ss@proxy:8080/');
    expect(goes('https://a.example/', { HTTPS_PROXY: 'https://proxy:8443' })).toBe('https://proxy:8443/');
  });

  test.each(['socks5://proxy:1080', 'http://', 'ftp://proxy'])('%s is no proxy that we can use', (value) => {
    expect(() => goes('https://a.example/', { HTTPS_PROXY: value })).toThrow(
      expect.objectContaining({ code: 'HAWSER_SSM_BAD_INPUT', exitCode: 2 }),
    );
  });
});

describe('NO_PROXY', () => {
  test.each([
    ['*', 'https://anything.example/', true],
    ['example.com', 'https://example.com/', true],
    ['example.com', 'https://a.b.example.com/', true],
    ['example.com', 'https://notexample.com/', false],
    ['EXAMPLE.com', 'https://example.com/', true],
    ['.example.com', 'https://a.example.com/', true],
    ['.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://a.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['other.org, example.com', 'https://example.com/', true],
    [',, ,', 'https://example.com/', false],
    ['example.com:443', 'https://example.com/', true],
    ['example.com:443', 'wss://example.com/', true],
    ['example.com:8443', 'https://example.com/', false],
    ['example.com:8443', 'https://a.example.com:8443/', true],
    ['10.1.2.3', 'https://10.1.2.3/', true],
    ['10.1.2.3:443', 'https://10.1.2.3/', true],
    ['10.1.2.3', 'https://10.1.2.30/', false],
    ['10.0.0.0/8', 'https://10.200.1.1/', true],
    ['10.0.0.0/8', 'https://11.0.0.1/', false],
    ['10.0.0.0/99', 'https://10.0.0.1/', false],
    ['nonsense/8', 'https://10.0.0.1/', false],
    ['10.0.0.0/8', 'https://ten.example/', false],
    ['fd00::/8', 'https://[fd12::1]/', true],
    ['fd00::/8', 'https://[fe80::1]/', false],
    ['2001:db8::1', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]:443', 'https://[2001:db8::1]/', true],
    ['[2001:db8::1]:444', 'https://[2001:db8::1]/', false],
  ])('%s and %s', (exceptions, url, direct) => {
    expect(goes(url, { HTTPS_PROXY: proxy, NO_PROXY: exceptions })).toBe(direct ? undefined : `${proxy}/`);
  });

  test('is read in lower case too', () => {
    expect(goes('https://example.com/', { HTTPS_PROXY: proxy, no_proxy: 'example.com' })).toBeUndefined();
  });
});
