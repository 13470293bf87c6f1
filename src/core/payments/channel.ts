import type { ChannelId } from '../ids.ts';
import type { Patch } from '../patch.ts';
import type { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';

/** Who decides about a channel: the operator, or the section `payments` of the configuration. */
export const MANAGERS = ['operator', 'config'] as const;
export type Manager = (typeof MANAGERS)[number];

/** One configured instance of a provider (a Stripe account, an EPay merchant) as it may be shown: without its secrets. */
export interface PaymentChannel {
  readonly id: ChannelId;
  readonly name: string;
  readonly provider: string;
  /** Only an enabled one takes new orders and callbacks. */
  readonly enabled: boolean;
  /** Whether real money moves. */
  readonly livemode: boolean;
  readonly allowPrivate: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly managedBy: Manager;
  readonly createdAt: EpochMs;
}

/** With what the keyring sealed; '' when it has no secrets. */
export interface SealedChannel extends PaymentChannel {
  readonly sealed: string;
}

export type ChannelSecrets = Readonly<Record<string, Secret>>;

export interface NewChannel {
  readonly name: string;
  readonly provider: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: ChannelSecrets;
  readonly allowPrivate: boolean;
  /** Absent: enabled when its secrets are complete. */
  readonly enabled?: boolean | undefined;
  readonly managedBy?: Manager | undefined;
}

/** What is absent stays; in settings and secrets, null takes one away. */
export type ChannelPatch = Patch<{
  readonly name: string;
  readonly enabled: boolean;
  readonly allowPrivate: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, Secret | null>>;
}>;
