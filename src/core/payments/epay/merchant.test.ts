import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../../failure.ts';
import { Secret } from '../../secret.ts';
import { makeKeys } from '../../testing/fake-epay/php.ts';
import { epayForm } from './merchant.ts';

const KEYS = makeKeys();
const NEEDED = { gateway: 'https://pay.example.com/', pid: '1001' };
const PRIVATE = { allowPrivate: true };
const PUBLIC = { allowPrivate: false };

describe('the settings of a channel', () => {
  test('have defaults and one form', () => {
    const stored = {
      gateway: 'https://pay.example.com',
      pid: '1001',
      protocol: 'v1',
      submit_mode: 'submit',
      verify_by_query: 'never',
      verify_above: '0.00',
      product_name: 'Realms',
    };
    expect(epayForm.checkSettings(NEEDED, PUBLIC)).toEqual(stored);
    expect(epayForm.checkSettings(stored, PUBLIC)).toEqual(stored);
    expect(epayForm.checkSettings({ ...NEEDED, protocol: 'v2' }, PUBLIC)).toMatchObject({ submit_mode: 'mapi' });
    expect(epayForm.checkSettings({ ...stored, protocol: 'v2' }, PUBLIC)).toMatchObject({ submit_mode: 'submit' });
    expect(epayForm.checkSettings({ ...NEEDED, pid: 1001, verify_above: 100 }, PUBLIC)).toEqual({
      ...stored,
      verify_above: '100.00',
    });
  });

  test.each([
    ['https://pay.example.com/sub/path/', 'https://pay.example.com/sub/path'],
    ['https://pay.example.com/sub/submit.php', 'https://pay.example.com/sub'],
    ['https://pay.example.com/mapi.php', 'https://pay.example.com'],
  ])('take %s as the gateway %s', (gateway, normal) => {
    expect(epayForm.checkSettings({ ...NEEDED, gateway }, PUBLIC)).toMatchObject({ gateway: normal });
  });

  test.each([
    [{ gateway: 'http://pay.example.com/' }, 'gateway'],
    [{ gateway: 'https://10.0.0.1/' }, 'gateway'],
    [{ gateway: 'https://pay.example.com/?a=b' }, 'gateway'],
    [{ gateway: 'https://me:secret@pay.example.com/' }, 'gateway'],
    [{ gateway: '' }, 'gateway'],
    [{ gateway: undefined }, 'gateway'],
    [{ gateway: ['https://pay.example.com/'] }, 'gateway'],
    [{ pid: '' }, 'pid'],
    [{ pid: '1&x=2' }, 'pid'],
    [{ protocol: 'v3' }, 'protocol'],
    [{ submit_mode: 'post' }, 'submit_mode'],
    [{ verify_by_query: 'sometimes' }, 'verify_by_query'],
    [{ verify_above: '1.001' }, 'verify_above'],
    [{ verify_above: -1 }, 'verify_above'],
    [{ product_name: '' }, 'product_name'],
    [{ product_name: 'A&param=x' }, 'product_name'],
    [{ product_name: '充值' }, 'product_name'],
    [{ product_name: 'x'.repeat(65) }, 'product_name'],
    [{ key: 'abc' }, 'key'],
  ])('refuse %o and name the field', (changes, param) => {
    expect(paramOf(() => epayForm.checkSettings({ ...NEEDED, ...changes }, PUBLIC))).toBe(param);
  });

  test('take a private gateway, also by plain http, where the channel may use one', () => {
    const local = { ...NEEDED, gateway: 'http://127.0.0.1:18090/' };
    expect(paramOf(() => epayForm.checkSettings(local, PUBLIC))).toBe('gateway');
    expect(epayForm.checkSettings(local, PRIVATE)).toMatchObject({ gateway: 'http://127.0.0.1:18090' });
    const open = { ...NEEDED, gateway: 'http://pay.example.com/' };
    expect(paramOf(() => epayForm.checkSettings(open, PRIVATE))).toBe('gateway');
  });
});

describe('the secrets of a channel', () => {
  const check = (protocol: string, secrets: Readonly<Record<string, string>>) =>
    epayForm.checkSecrets?.(
      epayForm.checkSettings({ ...NEEDED, protocol }, PUBLIC),
      Object.fromEntries(Object.entries(secrets).map(([name, text]) => [name, new Secret(text)])),
    );
  const V2 = { private_key: KEYS.merchantPrivateKey, platform_public_key: KEYS.platformPublicKey };
  const bare = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '');

  test('are a key for V1 and two RSA keys for V2', () => {
    expect(() => check('v1', { key: 'abc' })).not.toThrow();
    expect(() => check('v2', V2)).not.toThrow();
  });

  test('may be PEM, bare base64 or PEM with its line ends written out', () => {
    const [privateKey, publicKey] = [V2.private_key, V2.platform_public_key];
    expect(() => check('v2', { private_key: bare(privateKey), platform_public_key: bare(publicKey) })).not.toThrow();
    const flat = (pem: string) => pem.replaceAll('\n', '\\n');
    expect(() => check('v2', { private_key: flat(privateKey), platform_public_key: flat(publicKey) })).not.toThrow();
    const pkcs1 = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    expect(() =>
      check('v2', { private_key: bare(pkcs1.privateKey), platform_public_key: bare(publicKey) }),
    ).not.toThrow();
    expect(() => check('v2', { ...V2, platform_public_key: bare(pkcs1.publicKey) })).not.toThrow();
  });

  test.each([
    ['v1', {}, 'key'],
    ['v1', { key: '' }, 'key'],
    ['v1', { key: ' \n' }, 'key'],
    ['v1', V2, 'key'],
    ['v2', { key: 'abc' }, 'private_key'],
    ['v2', { private_key: V2.private_key }, 'platform_public_key'],
    ['v2', { ...V2, private_key: ' ' }, 'private_key'],
    ['v2', { ...V2, private_key: KEYS.merchantPublicKey }, 'private_key'],
    ['v2', { ...V2, platform_public_key: KEYS.platformPrivateKey }, 'platform_public_key'],
    ['v2', { ...V2, platform_public_key: KEYS.merchantPublicKey }, 'platform_public_key'],
    ['v2', { ...V2, platform_public_key: 'bm8ga2V5' }, 'platform_public_key'],
  ])('refuse for %s what lacks or mistakes one, by name (A1)', (protocol, secrets, param) => {
    expect(paramOf(() => check(protocol, secrets))).toBe(param);
  });

  test.each([
    ['a short RSA key', generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey],
    ['a key of another kind', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ])('refuse %s', (_, key) => {
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(paramOf(() => check('v2', { ...V2, private_key: pem }))).toBe('private_key');
  });

  test('are never in what is said about them', () => {
    const broken = `${KEYS.merchantPrivateKey.slice(0, 200)}canary`;
    try {
      check('v2', { ...V2, private_key: broken });
      expect.unreachable();
    } catch (error) {
      const { stack, facts, cause } = error as Failure;
      expect(`${stack} ${JSON.stringify(facts)} ${String(cause)}`).not.toMatch(/canary|BEGIN|MII/);
    }
  });
});

function paramOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    const { code, facts } = error as Failure;
    expect(code).toBe('invalid_input');
    return facts.param;
  }
  throw new Error('nothing was refused');
}
