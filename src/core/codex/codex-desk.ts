import type { Config } from '../config/index.ts';
import type { ChangeTopic, Ctx } from '../database/index.ts';
import type { Keyring } from '../keyring/index.ts';

/** What every verb gets that has to do with ChatGPT accounts. */
export interface CodexDesk {
  readonly ctx: Ctx;
  readonly keyring: Keyring;
  /** The configuration with the settings over it, as it is when asked. */
  config(): Pick<Config, Extract<keyof Config, `codex.${string}`>>;
  /** Called after a commit that changed what the doors hold in memory; resolves when requests are decided by it. */
  changed(topic: ChangeTopic): Promise<void>;
  /** Waits; core has no timers of its own. */
  pause(ms: number): Promise<void>;
}
