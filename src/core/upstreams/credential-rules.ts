import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import { checkLimits, NO_LIMITS, type RateLimits } from '../identity/index.ts';
import type { CredentialId } from '../ids.ts';
import { checkName } from '../name.ts';
import type { Patch } from '../patch.ts';
import { Secret, secretHint } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import { checkProxyUrl } from './base-url.ts';
import type { Credential } from './upstream.ts';
import { checkWeight } from './upstream-rules.ts';

const SECRET_MAX_CHARS = 8_192;
const FINGERPRINT_CHARS = 12;
const MODEL_LIMITS_MAX = 200;
const MODEL_NAME_MAX_CHARS = 200;

/** What may be said about a credential when it is made or changed; what is absent stays as it is. */
export type CredentialPatch = Patch<{
  readonly name: string;
  readonly secret: Secret;
  readonly enabled: boolean;
  readonly weight: number;
  readonly proxyUrl: Secret | null;
  readonly limits: Patch<RateLimits>;
  readonly modelLimits: Readonly<Record<string, Patch<RateLimits>>>;
  readonly expiresAt: EpochMs | null;
}>;

type CredentialFacts = Omit<Credential, 'id' | 'upstreamId' | 'createdAt'>;

export const NEW_CREDENTIAL: Omit<CredentialFacts, 'name' | 'secret' | 'hint' | 'fingerprint'> = {
  enabled: true,
  weight: 1,
  proxyUrl: null,
  limits: NO_LIMITS,
  modelLimits: {},
  expiresAt: null,
};

/** Lays `patch` over `before` and checks the result. @throws Failure invalid_input that never shows the secret. */
export function checkCredential<T extends CredentialFacts>(before: T, patch: CredentialPatch): T {
  return {
    ...before,
    ...(patch.secret && describeSecret(patch.secret)),
    name: checkName(patch.name ?? before.name),
    enabled: patch.enabled ?? before.enabled,
    weight: checkWeight(patch.weight ?? before.weight),
    proxyUrl: patch.proxyUrl
      ? new Secret(checkProxyUrl(patch.proxyUrl.reveal()))
      : unlessGiven(patch.proxyUrl, before.proxyUrl),
    limits: checkLimits(patch.limits, before.limits),
    modelLimits: patch.modelLimits === undefined ? before.modelLimits : checkModelLimits(patch.modelLimits),
    expiresAt: unlessGiven(patch.expiresAt, before.expiresAt),
  };
}

/** @throws Failure invalid_input that never shows the secret. */
export function describeSecret(given: Secret): Pick<Credential, 'secret' | 'hint' | 'fingerprint'> {
  const text = given.reveal().trim();
  // It goes into a header, where anything else would be refused only when the first request comes.
  if (text === '' || text.length > SECRET_MAX_CHARS || !/^[\x21-\x7e]+$/.test(text)) {
    throw new Failure('invalid_input', {
      message: `a secret has 1 to ${SECRET_MAX_CHARS} printable characters without spaces`,
      param: 'secret',
    });
  }
  const secret = new Secret(text);
  return { secret, hint: secretHint(text), fingerprint: secretFingerprint(secret) };
}

/** As in `Credential.fingerprint`. */
export function secretFingerprint(secret: Secret): string {
  return createHash('sha256').update(secret.reveal()).digest('hex').slice(0, FINGERPRINT_CHARS);
}

/** What the keyring binds a sealed secret to. */
export function secretContext(id: CredentialId): string {
  return `credentials.secret:${id}`;
}

export function proxyContext(id: CredentialId): string {
  return `credentials.proxy_url:${id}`;
}

function checkModelLimits(given: Readonly<Record<string, Patch<RateLimits>>>): Readonly<Record<string, RateLimits>> {
  const entries = Object.entries(given);
  const isFine = entries.every(
    ([model]) => model !== '' && model.length <= MODEL_NAME_MAX_CHARS && model !== '__proto__',
  );
  if (!isFine || entries.length > MODEL_LIMITS_MAX) {
    throw new Failure('invalid_input', {
      message: `model_limits names at most ${MODEL_LIMITS_MAX} models, each with at most ${MODEL_NAME_MAX_CHARS} characters`,
      param: 'model_limits',
    });
  }
  return Object.fromEntries(entries.map(([model, limits]) => [model, checkLimits(limits)]));
}

function unlessGiven<T>(given: T | undefined, before: T): T {
  return given === undefined ? before : given;
}
