import { Failure } from '../../failure.ts';
import type { Secret } from '../../secret.ts';
import { checkBaseUrl } from '../../upstreams/index.ts';
import type { ChannelForm, OpenChannel } from '../provider.ts';

const STRIPE_API_BASE = 'https://api.stripe.com';

/** What the prefix of a key says about the money that it moves. */
const SECRET_KEY = /^(?:sk|rk)_(test|live)_\S+$/;
const WEBHOOK_SECRET_PREFIX = 'whsec_';

export const stripeForm: ChannelForm = {
  requiredSecrets: ['secret_key', 'webhook_secret'],
  optionalSecrets: [],

  checkSettings(settings, { allowPrivate }) {
    const { api_base: apiBase, ...unknown } = settings;
    const [odd] = Object.keys(unknown);
    if (odd !== undefined) throw refuse(odd, `a Stripe channel has no setting ${odd}`, 'it has api_base only');
    if (apiBase === undefined || apiBase === null || apiBase === '') return {};
    return { api_base: checkApiBase(apiBase, allowPrivate) };
  },

  checkSecrets(_settings, secrets) {
    const livemode = keyLivemode(secrets['secret_key']);
    if (livemode === null) {
      throw refuse('secret_key', 'the secret key is not one of Stripe', 'it begins with sk_test_, sk_live_ or rk_');
    }
    const signers = splitSecrets(secrets['webhook_secret']);
    if (signers.length === 0) throw refuse('webhook_secret', 'the webhook secret is empty');
    if (signers.includes(WEBHOOK_SECRET_PREFIX)) throw refuse('webhook_secret', 'a webhook secret is only its prefix');
    return { livemode };
  },
};

/** Where the channel's API stands: Stripe itself, or what stands in for it. */
export function apiBaseOf(channel: OpenChannel): URL {
  const { api_base: apiBase = STRIPE_API_BASE } = channel.settings;
  return new URL(String(apiBase));
}

/** The secrets that may have signed a callback; several while they are rotated. */
export function webhookSecretsOf(channel: OpenChannel): readonly string[] {
  return splitSecrets(channel.secrets['webhook_secret']).filter((text) => text !== WEBHOOK_SECRET_PREFIX);
}

/** Null for what is no secret key at all. */
function keyLivemode(key: Secret | undefined): boolean | null {
  const mode = SECRET_KEY.exec(key?.reveal().trim() ?? '')?.[1];
  return mode === undefined ? null : mode === 'live';
}

/** No secret of Stripe has a space or a comma in it. */
function splitSecrets(secret: Secret | undefined): readonly string[] {
  return (secret?.reveal() ?? '').split(/[\s,]+/).filter((text) => text !== '');
}

/** Plain http only where it stays in a private network. What a name resolves to is checked at every connection. */
function checkApiBase(apiBase: unknown, allowPrivate: boolean): string {
  if (typeof apiBase !== 'string') throw refuse('api_base', 'the address of the API is not a text');
  const address = normalAddress(apiBase, allowPrivate);
  if (new URL(address).pathname !== '/') throw refuse('api_base', 'the address of the API must have no path');
  return address;
}

function normalAddress(text: string, allowPrivate: boolean): string {
  try {
    return checkBaseUrl(text, { allowPrivate, allowHttp: false });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const hint = 'use an https address, or --allow-private for one in a private network';
    throw new Failure(error.code, { message: error.facts.message, param: 'api_base', hint }, error);
  }
}

function refuse(param: string, message: string, hint?: string): Failure {
  return new Failure('invalid_input', { message, param, ...(hint !== undefined && { hint }) });
}
