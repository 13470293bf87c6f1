import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';

// What the gateway does in PHP, written down on its own: nothing here comes from the provider that is tested against it.

export type Form = Readonly<Record<string, string>>;

export interface FakeEpayKeys {
  readonly merchantPrivateKey: string;
  readonly merchantPublicKey: string;
  readonly platformPrivateKey: string;
  readonly platformPublicKey: string;
}

/** `money=1&name=A`: by name, byte for byte, without signatures and what `isEmpty`. */
function signedText(form: Form, isEmpty: (value: string) => boolean): string {
  let text = '';
  for (const name of Object.keys(form).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    const value = form[name] ?? '';
    if (name === 'sign' || name === 'sign_type' || isEmpty(value)) continue;
    text += `${text === '' ? '' : '&'}${name}=${value}`;
  }
  return text;
}

export function signMd5(form: Form, key: string): string {
  return createHash('md5')
    .update(`${signedText(form, (value) => value === '')}${key}`)
    .digest('hex');
}

export function signRsa(form: Form, privateKey: string): string {
  return sign('sha256', Buffer.from(signedText(form, isBlank)), createPrivateKey(privateKey)).toString('base64');
}

export function verifyRsa(form: Form, publicKey: string): boolean {
  const signature = Buffer.from(form['sign'] ?? '', 'base64');
  return verify('sha256', Buffer.from(signedText(form, isBlank)), createPublicKey(publicKey), signature);
}

/** V2 trims before it looks: spaces, tabs, line ends, vertical tabs and NUL. */
function isBlank(value: string): boolean {
  return [...value].every((mark) => [0, 9, 10, 11, 13, 32].includes(mark.charCodeAt(0)));
}

export function makeKeys(): FakeEpayKeys {
  const pair = () =>
    generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
  const merchant = pair();
  const platform = pair();
  return {
    merchantPrivateKey: merchant.privateKey,
    merchantPublicKey: merchant.publicKey,
    platformPrivateKey: platform.privateKey,
    platformPublicKey: platform.publicKey,
  };
}

/** `(float)'10.10'` printed: "10.1". */
export function floatText(money: string): string {
  return String(Number(money));
}

/** What a column of `decimal(10,2)` keeps. */
export function decimalText(money: string): string {
  return Number(money).toFixed(2);
}

/** The last of several wins; broken escapes stay as they are. */
export function parseForm(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** `http_build_query`: spaces become `+`. */
export function buildQuery(form: Form): string {
  return new URLSearchParams({ ...form }).toString();
}

export function htmlspecialchars(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '"': '&quot;', "'": '&#039;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/[&"'<>]/g, (mark) => entities[mark] ?? mark);
}

/** In the time of China, as the gateway's database has it. */
export function dateText(at: number): string {
  return new Date(at + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}
