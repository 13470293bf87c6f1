import { Secret } from '../secret.ts';
import type { ChoiceSpec, ConfigSpec, FlagSpec, IntegerSpec, ListSpec, SecretSpec, TextSpec } from './config-spec.ts';

const MIB = 1_048_576;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Every key of the configuration. Units stand last in the names. */
export const configKeys = {
  'server.listen': text('127.0.0.1:8080', 'Address of the public door (/v1), host:port.', 'host_port'),
  'server.trusted_proxies': list(
    [],
    'Networks (CIDR) of reverse proxies whose X-Forwarded-For is believed.',
    'ip_range',
  ),
  'server.drain_timeout_ms': fixed(30_000, 0, HOUR, 'How long a stop waits for requests that are under way.'),
  'server.headers_timeout_ms': fixed(30_000, 100, HOUR, 'How long a client may take to send its request headers.'),
  'server.request_timeout_ms': fixed(300_000, 100, DAY, 'How long a client may take to send its whole request.'),
  'server.connections_max': fixed(20_000, 1, 1_000_000, 'Client connections open at once.'),

  'server.websocket': flag(true, 'Responses by WebSocket; without it, clients are sent back to HTTP.', true),
  'server.websocket_idle_ms': integer(
    10 * MINUTE,
    1_000,
    DAY,
    'A WebSocket on which nothing is asked is closed after this long.',
  ),

  'admin.socket': optional('', 'Unix socket of the admin door; empty is admin.sock in data.dir.'),
  'admin.listen': optional('', 'TCP address of the admin door, host:port; empty is off.', 'host_port'),
  'data.dir': text('./data', 'Folder of the database, the keyring and the admin socket.'),

  'database.url': secret('PostgreSQL as postgres://user:password@host/name; empty is SQLite, realms.db in data.dir.'),
  'database.pool_max': fixed(10, 1, 1_000, 'Connections to PostgreSQL; SQLite always has one.'),

  'secrets.keyring_file': optional(
    '',
    'The keys that seal upstream secrets; empty is keyring.json in data.dir, made on first start.',
  ),
  'secrets.keyring': secret('The JSON of the keyring itself, for environments without a disk; wins over the file.'),

  'log.level': choice('info', ['debug', 'info', 'warn', 'error'], 'The least severe lines that are logged.'),

  'self_mode.enable': flag(true, 'Personal shape: nothing that takes money exists, no billing and no tickets.', true),

  'app_settings_defaults.feature_disable_web_announcements': feature('announcements for users'),
  'app_settings_defaults.feature_disable_web_tokens': feature('self-service of API keys'),
  'app_settings_defaults.feature_disable_web_usage': feature('self-service of usage'),
  'app_settings_defaults.feature_disable_models': feature(
    'the model catalogue; model names then pass through untouched',
  ),
  'app_settings_defaults.feature_disable_billing': feature('billing; requests are then free and still recorded'),
  'app_settings_defaults.feature_disable_tickets': feature('tickets'),
  'app_settings_defaults.feature_disable_admin_channels': feature('administration of upstreams'),
  'app_settings_defaults.feature_disable_admin_channel_groups': feature('administration of groups'),
  'app_settings_defaults.feature_disable_admin_users': feature('administration of users'),
  'app_settings_defaults.feature_disable_admin_usage': feature('usage of all users for administrators'),
  'app_settings_defaults.feature_disable_admin_announcements': feature('administration of announcements'),

  'relay.body_encoded_max_bytes': integer(
    64 * MIB,
    1_024,
    1_024 * MIB,
    'Largest request body as it arrives, maybe compressed.',
  ),
  'relay.body_decoded_max_bytes': integer(64 * MIB, 1_024, 1_024 * MIB, 'Largest request body after decompression.'),
  'relay.sse_event_max_bytes': integer(64 * MIB, 1_024, 1_024 * MIB, 'Largest single event of a stream.'),
  'relay.error_body_max_bytes': integer(MIB, 1_024, 64 * MIB, 'How much of an upstream error is read.'),
  'relay.attempts_max': integer(5, 1, 100, 'Attempts for one request, the first included.'),
  'relay.retry_deadline_ms': integer(MINUTE, 0, DAY, 'No new attempt starts later than this after the request came.'),
  'relay.backoff_base_ms': integer(100, 0, MINUTE, 'Pause before the second attempt; doubles, with jitter.'),
  'relay.backoff_max_ms': integer(2_000, 0, HOUR, 'Longest pause between attempts.'),
  'relay.connect_timeout_ms': integer(10_000, 10, HOUR, 'How long connecting to an upstream may take, TLS included.'),
  'relay.response_header_timeout_ms': integer(
    300_000,
    10,
    DAY,
    'How long an upstream may take to its response headers.',
  ),
  'relay.stream_idle_timeout_ms': integer(120_000, 10, DAY, 'How long a stream may be silent.'),
  'relay.total_timeout_ms': integer(30 * MINUTE, 10, 7 * DAY, 'How long a request may take in all.'),
  'relay.hold_max_bytes': integer(262_144, 0, 64 * MIB, 'How much of a stream is held back before its first output.'),
  'relay.hold_max_ms': integer(30_000, 0, HOUR, 'How long a stream is held back before its first output.'),
  'relay.keepalive_interval_ms': integer(15_000, 0, HOUR, 'Comment line into a silent stream this often; 0 is off.'),
  'relay.disconnect_policy': choice(
    'drain',
    ['cancel', 'drain', 'estimate'],
    'What happens upstream when the client goes away.',
  ),
  'relay.drain_max_ms': integer(
    MINUTE,
    0,
    DAY,
    'How long a stream is read on for its usage after the client went away.',
  ),
  'relay.drain_max_streams': integer(256, 0, 100_000, 'Streams read on at once; more are cancelled.'),
  'relay.upstream_connections_max': integer(4_096, 1, 100_000, 'Connections to one origin.'),
  'relay.inflight_max': integer(10_000, 1, 1_000_000, 'Requests under way at once; more are refused.'),
  'relay.soft_sticky_ttl_ms': integer(HOUR, 0, 30 * DAY, 'How long a conversation prefers its credential.'),
  'relay.hard_sticky_ttl_ms': integer(30 * DAY, 0, 365 * DAY, 'How long a stored response is bound to its credential.'),
  'relay.expose_upstream_headers': flag(false, 'Response headers that name the upstream and the attempts.', true),
  'relay.idempotency_ttl_ms': integer(DAY, 0, 30 * DAY, 'How long an Idempotency-Key is remembered; 0 is off.'),
  'relay.idempotency_body_max_bytes': integer(MIB, 0, 64 * MIB, 'Largest answer that is kept for an Idempotency-Key.'),

  'cooldown.credential_default_ms': integer(
    MINUTE,
    0,
    30 * DAY,
    'Pause of a credential after an error that names no time.',
  ),
  'cooldown.rate_limit_base_ms': integer(1_000, 0, DAY, 'First rung after a rate limit without a hint; doubles.'),
  'cooldown.rate_limit_max_ms': integer(30 * MINUTE, 0, 30 * DAY, 'Last rung after rate limits without a hint.'),
  'cooldown.usage_limit_default_ms': integer(5 * MINUTE, 0, 30 * DAY, 'Pause after a usage limit that names no reset.'),
  'cooldown.auth_ms': integer(30 * MINUTE, 0, 30 * DAY, 'Pause of a credential that was refused (401, 402, 403).'),
  'cooldown.model_ms': integer(12 * HOUR, 0, 30 * DAY, 'Pause of a model that a credential does not have.'),
  'cooldown.capacity_ms': integer(30_000, 0, DAY, 'Pause of a model that is overloaded.'),
  'cooldown.endpoint_base_ms': integer(5_000, 0, DAY, 'First pause of an endpoint that cannot be reached; doubles.'),
  'cooldown.endpoint_max_ms': integer(10 * MINUTE, 0, 30 * DAY, 'Longest pause of an endpoint that cannot be reached.'),

  'codex.auth_base_url': setting('https://auth.openai.com', 'Where ChatGPT accounts log in.', 'url'),
  'codex.backend_base_url': setting(
    'https://chatgpt.com/backend-api',
    'Backend of ChatGPT accounts; new upstreams of the kind codex get its /codex.',
    'url',
  ),
  'codex.allow_private': flag(false, 'Whether the address of the login may be a private one.', true),
  'codex.request_timeout_ms': integer(20_000, 100, 5 * MINUTE, 'How long a call about tokens or usage may take.'),
  'codex.refresh_lead_ms': integer(5 * MINUTE, 0, 7 * DAY, 'Access tokens are refreshed this long before they end.'),
  'codex.refresh_age_ms': integer(8 * DAY, HOUR, 365 * DAY, 'Tokens older than this are refreshed in any case.'),
  'codex.refresh_lease_ms': integer(
    MINUTE,
    200,
    HOUR,
    'How long one daemon alone may use a refresh token; longer than a call may take.',
  ),
  'codex.usage_interval_ms': integer(5 * MINUTE, 0, DAY, 'Usage of each account is read this often; 0 is never.'),
  'codex.window_keep_percent': integer(2, 0, 100, 'An account with no more left of a window is used when no other is.'),
  'codex.history_retention_days': integer(365, 0, 36_500, 'How long resets of windows are kept; 0 is for ever.'),

  'limits.user_rpm': limit('Requests a minute for a user without a limit of its own'),
  'limits.user_tpm': limit('Tokens a minute for a user without a limit of its own'),
  'limits.user_concurrency': limit('Requests at once for a user without a limit of its own'),
  'limits.key_rpm': limit('Requests a minute for a key without a limit of its own'),
  'limits.key_tpm': limit('Tokens a minute for a key without a limit of its own'),
  'limits.key_concurrency': limit('Requests at once for a key without a limit of its own'),

  'usage.flush_interval_ms': integer(25, 1, MINUTE, 'Usage events are written together this often.'),
  'usage.queue_max': integer(
    50_000,
    100,
    10_000_000,
    'Usage events that may wait for the database; more and requests are refused.',
  ),
  'usage.decision_retention_days': integer(30, 0, 36_500, 'How long `realms explain` reaches back; 0 is for ever.'),
  'usage.event_retention_days': integer(0, 0, 36_500, 'How long usage events are kept; 0 is for ever.'),

  'billing.pay_as_you_go': flag(true, 'Whether the balance pays for what no plan pays for.', true),
  'billing.payg_multiplier_ppm': integer(
    1_000_000,
    0,
    1_000_000_000,
    'Factor on the list price of what the balance pays for, in parts per million.',
  ),
  'billing.balance_floor_usd_micros': integer(
    -1_000_000,
    -1_000_000_000_000,
    0,
    'How far below zero a balance goes for a request that cost more than was held; the rest of it is written off.',
  ),
  'billing.lease_ms': fixed(
    30_000,
    3_000,
    HOUR,
    'How long what a daemon has leased of a balance or plan stays held after it was last heard of.',
  ),
  'billing.topup_rates': {
    type: 'list',
    default: ['USD=1', 'CNY=7.2'],
    doc: 'Units of each currency for one US dollar; a currency without a rate is not taken.',
    runtime: true,
    format: 'rate',
  },
  'billing.topup_min_usd_micros': integer(
    1_000_000,
    1,
    1_000_000_000_000,
    'The smallest top-up, in millionths of a dollar.',
  ),
  'billing.topup_max_usd_micros': integer(
    10_000_000_000,
    1,
    1_000_000_000_000,
    'The largest top-up, in millionths of a dollar.',
  ),
  'billing.order_ttl_ms': integer(30 * MINUTE, MINUTE, DAY, 'How long an order waits for its payment.'),
  'billing.late_payment': choice(
    'credit',
    ['credit', 'refund'],
    'What is done with a payment that comes after its order was canceled or expired.',
  ),

  'payments.epay.gateway': setting(
    '',
    'Address of the EPay gateway of the channel `epay`; empty: there is none.',
    'url',
  ),
  'payments.epay.pid': setting('', 'Merchant id at the EPay gateway.'),
  'payments.epay.key': secret('Merchant key at the EPay gateway.'),
  'payments.epay.allow_private': flag(false, 'Whether the EPay gateway may have a private address.', true),
  'payments.stripe.secret_key': secret(
    'Secret key of the Stripe account of the channel `stripe`; empty: there is none.',
  ),
  'payments.stripe.webhook_secret': secret(
    'Signing secret of its webhook; several with commas while one replaces another.',
  ),
  'payments.stripe.api_base': setting('', 'Address of the Stripe API when it is not the usual one.', 'url'),
  'payments.stripe.allow_private': flag(false, 'Whether that address may be a private one.', true),

  'site.base_url': { ...optional('', 'Public address of this Realms for links, https://….', 'url'), runtime: true },
} as const satisfies Readonly<Record<string, ConfigSpec>>;

export type ConfigKey = keyof typeof configKeys;
/** One value for each key, flat: `config['relay.attempts_max']`. */
export type Config = { readonly [Key in ConfigKey]: (typeof configKeys)[Key]['default'] };
/** Who decided a value. */
export type ConfigSource = 'default' | 'file' | 'env' | 'flag';
export type ConfigSources = Readonly<Record<ConfigKey, ConfigSource>>;

export function isConfigKey(text: string): text is ConfigKey {
  return Object.hasOwn(configKeys, text);
}

/** The spec without the literal types of its one key. */
export function configSpec(key: ConfigKey): ConfigSpec {
  return configKeys[key];
}

function text(fallback: string, doc: string, format?: TextSpec['format']): TextSpec {
  return { ...optional(fallback, doc, format), required: true };
}

function optional(fallback: string, doc: string, format?: TextSpec['format']): TextSpec {
  return { type: 'text', default: fallback, doc, runtime: false, ...(format && { format }) };
}

/** A text that may change while Realms runs. */
function setting(fallback: string, doc: string, format?: TextSpec['format']): TextSpec {
  return { ...optional(fallback, doc, format), runtime: true };
}

function secret(doc: string): SecretSpec {
  return { type: 'secret', default: new Secret(''), doc, runtime: false };
}

function list(fallback: readonly string[], doc: string, format: NonNullable<ListSpec['format']>): ListSpec {
  return { type: 'list', default: fallback, doc, runtime: false, format };
}

function flag(fallback: boolean, doc: string, runtime: boolean): FlagSpec {
  return { type: 'flag', default: fallback, doc, runtime };
}

function feature(what: string): FlagSpec {
  return flag(false, `Start without ${what}.`, false);
}

function integer(fallback: number, min: number, max: number, doc: string): IntegerSpec {
  return { type: 'integer', default: fallback, min, max, doc, runtime: true };
}

function fixed(fallback: number, min: number, max: number, doc: string): IntegerSpec {
  return { ...integer(fallback, min, max, doc), runtime: false };
}

function limit(doc: string): IntegerSpec {
  return integer(0, 0, 1_000_000_000, `${doc}; 0 is unlimited.`);
}

function choice<const Value extends string>(
  fallback: NoInfer<Value>,
  values: readonly Value[],
  doc: string,
): ChoiceSpec<Value> {
  return { type: 'choice', default: fallback, values, doc, runtime: true };
}
