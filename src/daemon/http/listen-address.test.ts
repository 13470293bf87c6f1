import { expect, test } from 'vitest';
import { cannotListen, parseListenAddress } from './listen-address.ts';

test.each([
  ['127.0.0.1:8080', '127.0.0.1', 8080],
  ['0.0.0.0:1', '0.0.0.0', 1],
  [':8080', '0.0.0.0', 8080],
  ['localhost:0', 'localhost', 0],
  ['[::1]:8080', '::1', 8080],
  ['[::]:65535', '::', 65_535],
  ['[::ffff:10.0.0.1]:443', '::ffff:10.0.0.1', 443],
  ['relay.example.org:443', 'relay.example.org', 443],
])('%s is %s and %d', (text, host, port) => {
  expect(parseListenAddress(text, 'server.listen')).toEqual({ host, port });
});

test.each([
  '',
  '8080',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:x',
  '127.0.0.1:65536',
  '127.0.0.1:123456',
  '::1:8080',
  '[::1]',
  '[x]:1',
  'a:1:2',
  'a:-1',
  'http://a:1',
  'a:1 ',
])('%j is none, and the error names the key', (text) => {
  expect(() => parseListenAddress(text, 'admin.listen')).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message: expect.stringContaining('admin.listen'),
      facts: expect.objectContaining({ param: 'admin.listen' }),
    }),
  );
});

test('an address that cannot be had is said with key, address and reason', () => {
  const place = { host: '::1', port: 80 };
  const taken = cannotListen(Object.assign(new Error('x'), { code: 'EADDRINUSE' }), place, 'server.listen');
  expect(taken).toMatchObject({ code: 'conflict', message: 'server.listen: [::1]:80 is in use by another process' });
  const refused = cannotListen(Object.assign(new Error('x'), { code: 'EACCES' }), place, 'server.listen');
  expect(refused).toMatchObject({ code: 'config_invalid', message: expect.stringContaining('may not (EACCES)') });
});
