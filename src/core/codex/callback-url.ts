import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../failure.ts';
import { Secret } from '../secret.ts';

export interface Callback {
  readonly code: Secret;
  readonly state: Secret;
}

const URL_MAX_CHARS = 8_192;
const HINT =
  'copy the whole address from the browser after the login, also when its page says that it cannot be reached';

/**
 * Reads what a person pasted: the whole address, or its query alone.
 * @throws Failure invalid_input that repeats nothing of it; forbidden when the provider says that the login was refused
 */
export function readCallback(pasted: string): Callback {
  const text = pasted.trim();
  if (text.length > URL_MAX_CHARS || !/[?&]?(?:code|error|state)=/.test(text)) throw notCallback();
  const query = new URLSearchParams(text.replace(/#.*$/, '').replace(/^[^?]*\?/, ''));
  const error = query.get('error');
  if (error !== null) throw refused(error);
  const code = query.get('code') ?? '';
  const state = query.get('state') ?? '';
  if (!/^[\x21-\x7e]+$/.test(code) || !/^[\x21-\x7e]+$/.test(state)) throw notCallback();
  return { code: new Secret(code), state: new Secret(state) };
}

/** In the same time whatever differs. */
export function isSameState(given: Secret, expected: string): boolean {
  const [one, other] = [Buffer.from(given.reveal()), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function notCallback(): Failure {
  return new Failure('invalid_input', {
    message: 'this is not the address to which the login sends the browser: it has no code and state',
    hint: HINT,
    param: 'callback_url',
  });
}

function refused(error: string): Failure {
  const word = /^[a-z_]{1,64}$/.test(error) ? error : 'an error';
  return new Failure('forbidden', { message: `the login page answered ${word}`, hint: 'begin the login again' });
}
