import type { RateLimits } from '../identity/index.ts';
import type { CredentialId, EndpointId, GroupId, UpstreamId } from '../ids.ts';
import type { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import type { ErrorRule } from './error-rule.ts';
import type { Wire } from './wire.ts';

export const UPSTREAM_KINDS = ['openai', 'codex', 'anthropic', 'gemini'] as const;
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number];

/** One provider connection. */
export interface Upstream {
  readonly id: UpstreamId;
  readonly name: string;
  readonly kind: UpstreamKind;
  /** What it speaks; requests in another wire are translated into the first of these. */
  readonly wires: readonly Wire[];
  readonly enabled: boolean;
  /** Lower numbers are used first. */
  readonly priority: number;
  /** Share of the traffic among upstreams of the same priority. */
  readonly weight: number;
  /** Loopback and private addresses may be dialled, and by plain http. */
  readonly allowPrivate: boolean;
  /** Plain http may be used to public addresses. */
  readonly allowHttp: boolean;
  /** Top-level request fields to set; null deletes the field. */
  readonly paramOverride: Readonly<Record<string, unknown>>;
  /** Request headers to set; null removes the header. Values may be secrets. */
  readonly headerOverride: Readonly<Record<string, string | null>>;
  readonly errorRules: readonly ErrorRule[];
  /** Ask for usage in chat streams on the client's behalf; off for upstreams that refuse `stream_options`. */
  readonly injectStreamUsage: boolean;
  readonly endpoints: readonly Endpoint[];
  readonly credentials: readonly Credential[];
  readonly createdAt: EpochMs;
}

export interface Endpoint {
  readonly id: EndpointId;
  /** Without a slash at the end, e.g. `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly priority: number;
  readonly enabled: boolean;
}

export interface Credential {
  readonly id: CredentialId;
  readonly upstreamId: UpstreamId;
  readonly name: string;
  readonly secret: Secret;
  readonly hint: string;
  /** First 12 hex digits of the secret's SHA-256, to tell secrets apart without showing them. */
  readonly fingerprint: string;
  readonly enabled: boolean;
  readonly weight: number;
  /** Egress proxy (`http://user:pass@host:port`); may hold a password, so it is a secret. */
  readonly proxyUrl: Secret | null;
  readonly limits: RateLimits;
  /** Limits of this credential for one upstream model. */
  readonly modelLimits: Readonly<Record<string, RateLimits>>;
  readonly expiresAt: EpochMs | null;
  readonly createdAt: EpochMs;
}

/** A named rung of a key's failover and price ladder. */
export interface Group {
  readonly id: GroupId;
  readonly name: string;
  readonly enabled: boolean;
  /** Price multiplier in parts per million; 1,000,000 is the list price. */
  readonly multiplierPpm: number;
  readonly members: readonly GroupMember[];
  readonly createdAt: EpochMs;
}

/** An upstream or another group, in order. */
export type GroupMember = { readonly upstreamId: UpstreamId } | { readonly groupId: GroupId };
