import { Failure } from '../failure.ts';
import { isPrivateAddress } from './private-address.ts';

const URL_MAX_CHARS = 2_048;
/** Names that a machine resolves to itself or to its own network; one without a dot (a container) is such a name too. */
const PRIVATE_NAME = /^[^.]+$|\.(?:localhost|localdomain|local|internal|home\.arpa)$/;

export interface AddressPolicy {
  readonly allowPrivate: boolean;
  readonly allowHttp: boolean;
}

/**
 * Checks a base URL as it is written and gives its normal form, without a slash at the end. What a name resolves to is
 * checked again whenever it is dialled.
 * @throws Failure invalid_input that says which permission is missing.
 */
export function checkBaseUrl(text: string, { allowPrivate, allowHttp }: AddressPolicy): string {
  const url = parsePlainUrl(text, 'base_url');
  const isPrivate = isPrivateHost(url.hostname);
  if (isPrivate && !allowPrivate) {
    throw refuse(
      'base_url',
      `${url.hostname} is a private address`,
      'allow private addresses for this upstream if you mean it',
    );
  }
  if (url.protocol === 'http:' && !allowHttp && !isPrivate) {
    throw refuse(
      'base_url',
      'plain http shows the credential to the network',
      'use https, or allow http for this upstream',
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/**
 * Checks an egress proxy, which may have a user and a password and may stand anywhere.
 * @throws Failure invalid_input that does not repeat the text.
 */
export function checkProxyUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isProxy =
    url !== undefined &&
    text.length <= URL_MAX_CHARS &&
    !/[\s\p{Cc}\\]/u.test(text) &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    !/[?#]/.test(text) &&
    url.port !== '0';
  if (isProxy) return url.href.replace(/\/$/, '');
  throw refuse(
    'proxy_url',
    'the proxy is not an http(s) address without a path',
    'write it like http://user:password@host:3128',
  );
}

/** True when the host of a URL, as the URL parser normalises it, is a private literal or a name that can only be private. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (host.startsWith('[')) return isPrivateAddress(host.slice(1, -1));
  if (/^[\d.]+$/.test(host)) return isPrivateAddress(host);
  return PRIVATE_NAME.test(host);
}

function parsePlainUrl(text: string, param: string): URL {
  if (text.length > URL_MAX_CHARS) throw refuse(param, `the address is longer than ${URL_MAX_CHARS} characters`);
  // The URL parser would silently repair these, and then not mean what was read by a person.
  if (/[\s\p{Cc}\\]/u.test(text))
    throw refuse(param, 'the address must hold no spaces, control characters or backslashes');
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    throw refuse(param, 'the address is not an http(s) URL', 'write it like https://api.openai.com/v1');
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || /^[^/]*\/\/[^/]*@/.test(text)) {
    throw refuse(param, 'the address must not hold a user or a password', 'put the secret into a credential');
  }
  if (/[?#]/.test(text)) throw refuse(param, 'the address must not hold a query or a fragment');
  if (url.port === '0') throw refuse(param, 'port 0 cannot be dialled');
  const path = text.replace(/^[^/]*\/\/[^/]*/, '').replace(/\/+$/, '');
  if (/\/\/|%2f|%5c|%2e|%00|(?:^|\/)\.{1,2}(?:\/|$)/i.test(path)) {
    throw refuse(param, 'the path must hold no dot segments, empty segments or encoded slashes');
  }
  return url;
}

function refuse(param: string, message: string, hint?: string): Failure {
  return new Failure('invalid_input', { message, param, ...(hint !== undefined && { hint }) });
}
