/** An operator's answer to an upstream error. The first rule that matches decides. */
export interface ErrorRule {
  /** All given conditions must hold. */
  readonly match: {
    readonly status?: number;
    /** The provider's `error.code` or `error.type`. */
    readonly code?: string;
    /** Case-insensitive text that the error body contains. */
    readonly contains?: string;
  };
  readonly retry: 'continue' | 'stop';
  readonly cooldown: 'none' | 'credential' | 'credential_model' | 'endpoint';
  /** How long the cooldown lasts, in milliseconds; without it, what the error itself says or the default. */
  readonly cooldownMs?: number;
  /** What the client sees instead of the provider's answer. */
  readonly present?: { readonly status: number; readonly message: string };
}
