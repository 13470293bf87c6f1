import type { Ctx } from '../database/index.ts';
import { describeError } from '../failure.ts';
import type { Keyring } from '../keyring/index.ts';
import { Secret } from '../secret.ts';
import { proxyContext, secretContext } from './credential-rules.ts';
import type { CredentialOpener, SealedCredential } from './credential-store.ts';
import type { Credential } from './upstream.ts';

export function sealCredential(
  keyring: Keyring,
  { id, secret, proxyUrl }: Pick<Credential, 'id' | 'secret' | 'proxyUrl'>,
): SealedCredential {
  return {
    id,
    secret: keyring.seal(secret.reveal(), secretContext(id)),
    proxyUrl: proxyUrl && keyring.seal(proxyUrl.reveal(), proxyContext(id)),
  };
}

/**
 * A credential whose secret cannot be opened shows as disabled with an empty secret, and the log says why: one damaged
 * row must not keep every other upstream from being loaded, nor the operator from replacing it.
 */
export function credentialOpener(ctx: Ctx, keyring: Keyring): CredentialOpener {
  return ({ id, secret, proxyUrl }) => {
    try {
      return {
        secret: keyring.open(secret, secretContext(id)),
        proxyUrl: proxyUrl === null ? null : keyring.open(proxyUrl, proxyContext(id)),
        isReadable: true,
      };
    } catch (error) {
      ctx.log.error({ credential: id, fault: describeError(error) }, 'a credential cannot be opened and is out of use');
      return { secret: new Secret(''), proxyUrl: null, isReadable: false };
    }
  };
}
