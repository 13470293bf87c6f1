import { createHash } from 'node:crypto';
import type { CodexLoginId, UpstreamId } from '../ids.ts';
import type { Random } from '../random.ts';
import { type EpochMs, MINUTE_MS } from '../time.ts';

/** browser: a page that sends the browser to a callback. device: a code that a person types anywhere. */
export const LOGIN_METHODS = ['browser', 'device'] as const;
export type LoginMethod = (typeof LOGIN_METHODS)[number];

/** A login that was begun and waits for a person. It survives a restart. */
export interface CodexLogin {
  readonly id: CodexLoginId;
  readonly upstreamId: UpstreamId;
  readonly method: LoginMethod;
  /** Whoever began it, and nobody else may finish it. */
  readonly actor: string;
  /** For the account's credential, when the operator chose one. */
  readonly credentialName: string | null;
  readonly secrets: LoginSecrets;
  readonly redirectUri: string;
  readonly expiresAt: EpochMs;
  readonly createdAt: EpochMs;
}

/** Stored sealed, as JSON. */
export type LoginSecrets =
  | { readonly method: 'browser'; readonly state: string; readonly verifier: string }
  | {
      readonly method: 'device';
      readonly deviceAuthId: string;
      readonly userCode: string;
      /** Between two polls. */
      readonly intervalMs: number;
    };

/** How long a person may take. The provider gives a device 15 minutes itself. */
export const LOGIN_TTL_MS: Readonly<Record<LoginMethod, number>> = {
  browser: 30 * MINUTE_MS,
  device: 15 * MINUTE_MS,
};

/** Ports that the provider has registered for callbacks to the person's own machine. */
export const LOOPBACK_PORTS = [1455, 1457] as const;

const STATE_BYTES = 32;
const VERIFIER_BYTES = 64;

/** The name must be `localhost`: no other is registered. */
export function loopbackRedirect(port: (typeof LOOPBACK_PORTS)[number]): string {
  return `http://localhost:${port}/auth/callback`;
}

/** RFC 7636. The state is what ties a callback to this login. */
export function newProof(random: Random): { readonly state: string; readonly verifier: string } {
  const state = Buffer.from(random.bytes(STATE_BYTES)).toString('base64url');
  return { state, verifier: Buffer.from(random.bytes(VERIFIER_BYTES)).toString('base64url') };
}

/** The S256 challenge of a verifier. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
