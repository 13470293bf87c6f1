import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { checkBaseUrl, checkProxyUrl, isPrivateHost } from './base-url.ts';
import { isPrivateAddress } from './private-address.ts';

const STRICT = { allowPrivate: false, allowHttp: false };
const OPEN = { allowPrivate: true, allowHttp: true };

describe('isPrivateAddress', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '192.0.0.192',
    '198.18.0.1',
    '192.0.2.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fc00::1',
    'fec0::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    '100::1',
    '',
    'localhost',
    '0177.0.0.1',
    '1.2.3',
    'not an address',
  ])('%s is private', (ip) => {
    expect(isPrivateAddress(ip)).toBe(true);
  });

  test.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('%s is public', (ip) => {
    expect(isPrivateAddress(ip)).toBe(false);
  });

  test('IPv4 is judged the same however it is wrapped', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
        const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
        const verdict = isPrivateAddress(ip);
        for (const wrapped of [`::ffff:${ip}`, `::ffff:${hex}`, `64:ff9b::${hex}`]) {
          expect([wrapped, isPrivateAddress(wrapped)]).toEqual([wrapped, verdict]);
        }
        expect(isPrivateHost(new URL(`http://${ip}`).hostname)).toBe(verdict);
        expect(isPrivateHost(new URL(`http://[::ffff:${hex}]`).hostname)).toBe(verdict);
        // Written as one number, in octal or in hex it is the same host.
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        expect(isPrivateHost(new URL(`http://${number}`).hostname)).toBe(verdict);
        expect(isPrivateHost(new URL(`http://0${number.toString(8)}`).hostname)).toBe(verdict);
        expect(isPrivateHost(new URL(`http://0x${number.toString(16)}`).hostname)).toBe(verdict);
      }),
    );
  });

  test('IPv6 outside of 2000::/3 is private, but for wrapped IPv4', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const parsed = ipaddr.process(ip);
        fc.pre(parsed.kind() === 'ipv6' && !ip.startsWith('64:ff9b:'));
        const [first = 0] = parsed.toByteArray();
        if (first >> 5 !== 1) expect(isPrivateAddress(ip)).toBe(true);
      }),
    );
  });

  test('never throws and takes nonsense for private', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!ipaddr.isValid(text));
        expect(isPrivateAddress(text)).toBe(true);
      }),
    );
  });
});

describe('checkBaseUrl', () => {
  test.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['https://API.OpenAI.com:443/v1///', 'https://api.openai.com/v1'],
    ['https://api.example.com', 'https://api.example.com'],
    ['HTTPS://api.example.com:8443/a/b.c/v1/', 'https://api.example.com:8443/a/b.c/v1'],
    ['https://[2606:4700::1]/v1', 'https://[2606:4700::1]/v1'],
  ])('%s is fine', (text, expected) => {
    expect(checkBaseUrl(text, STRICT)).toBe(expected);
  });

  test.each([
    '',
    'api.openai.com/v1',
    'ftp://a.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://',
    'https:///v1',
    'https:a.example',
    'https://u@a.example',
    'https://u:p@a.example',
    'https://@a.example',
    'https://:@a.example',
    'https://a.example/v1?x=1',
    'https://a.example/v1?',
    'https://a.example/v1#x',
    'https://a.example/#',
    'https://a.example:0',
    'https://a.example:99999',
    'https://a.example/../v1',
    'https://a.example/v1/..',
    'https://a.example/./v1',
    'https://a.example/a%2fb',
    'https://a.example/%2e%2e/x',
    'https://a.example/a%5Cb',
    'https://a.example/%00',
    'https://a.example//evil.example/v1',
    'https://a.example\\@evil.example',
    'https://a.exam\tple',
    ' https://a.example',
    'https://a.example/v1\n',
    'https://a b.example',
    `https://a.example/${'x'.repeat(3_000)}`,
  ])('%j is refused even when all is allowed', (text) => {
    expect(() => checkBaseUrl(text, OPEN)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test.each([
    'https://127.0.0.1',
    'https://localhost',
    'https://LOCALHOST.',
    'https://db.internal',
    'https://[::1]',
    'https://0',
    'https://2130706433',
    'https://0x7f.1',
    'https://017700000001',
    'https://169.254.169.254',
    'https://[::ffff:10.0.0.1]',
    'https://ollama:11434',
    'https://printer.local',
    'https://metadata.google.internal',
    'https://127.1',
    'https://１２７.0.0.1',
  ])('%s needs allowPrivate', (text) => {
    expect(() => checkBaseUrl(text, { allowPrivate: false, allowHttp: true })).toThrow(/private address/);
    expect(() => checkBaseUrl(text, { allowPrivate: true, allowHttp: false })).not.toThrow();
    expect(() => checkBaseUrl(text.replace('https', 'http'), { allowPrivate: true, allowHttp: false })).not.toThrow();
  });

  test('plain http to a public place needs allowHttp', () => {
    const text = 'http://api.example.com/v1';
    expect(() => checkBaseUrl(text, { allowPrivate: true, allowHttp: false })).toThrow(/plain http/);
    expect(checkBaseUrl(text, { allowPrivate: false, allowHttp: true })).toBe(text);
  });

  test('what it gives is what it takes, and joins with a fixed path into the same origin', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (text) => {
        let checked: string;
        try {
          checked = checkBaseUrl(text, OPEN);
        } catch {
          return;
        }
        expect(checkBaseUrl(checked, OPEN)).toBe(checked);
        expect(checked.endsWith('/')).toBe(false);
        const joined = new URL(`${checked}/chat/completions`);
        expect(joined.origin).toBe(new URL(text).origin);
        expect(joined.pathname.endsWith('/chat/completions')).toBe(true);
      }),
    );
  });

  test('whatever is thrown at it, it gives a clean address or a Failure', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      'a.example',
      '/',
      '//',
      '\\',
      '@',
      ':',
      '?',
      '#',
      '%2f',
      '..',
      '[::1]',
      '0',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        let checked: string;
        try {
          checked = checkBaseUrl(pieces.join(''), STRICT);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_input' });
          return;
        }
        const url = new URL(checked);
        expect([url.protocol, url.username, url.password, url.search, url.hash]).toEqual(['https:', '', '', '', '']);
        expect(isPrivateHost(url.hostname)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('checkProxyUrl', () => {
  test.each([
    ['http://127.0.0.1:3128', 'http://127.0.0.1:3128'],
    ['http://user:p%40ss@proxy.example:8080/', 'http://user:p%40ss@proxy.example:8080'],
  ])('%s is fine', (text, expected) => {
    expect(checkProxyUrl(text)).toBe(expected);
  });

  test.each(['', 'socks5://a:1', 'http://a:1/path', 'http://a:1?x', 'http://a:1/#', 'http://a b', 'http://hunter2:0'])(
    '%j is refused and not repeated',
    (text) => {
      expect(() => checkProxyUrl(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
      expect(() => checkProxyUrl(text)).not.toThrow('hunter2');
    },
  );
});
