import type { Ctx } from '../database/index.ts';
import { hasCredentials } from './credential-store.ts';
import { hasSealedHeaders } from './upstream-store.ts';

/** True when something in the database can be opened only with the keyring that sealed it. */
export async function hasSealedSecrets(ctx: Ctx): Promise<boolean> {
  return (await hasCredentials(ctx)) || (await hasSealedHeaders(ctx));
}
