import type { Ctx } from '../database/index.ts';
import { describeError } from '../failure.ts';
import type { UpstreamId } from '../ids.ts';
import type { Keyring } from '../keyring/index.ts';
import type { HeaderOverride } from './overrides.ts';
import { credentialOpener } from './sealed-credential.ts';
import type { Upstream } from './upstream.ts';
import type { SealedHeaders, UpstreamOpener } from './upstream-store.ts';

export function sealHeaders(
  keyring: Keyring,
  { id, headerOverride }: Pick<Upstream, 'id' | 'headerOverride'>,
): SealedHeaders {
  const isEmpty = Object.keys(headerOverride).length === 0;
  return { id, headers: isEmpty ? '' : keyring.seal(JSON.stringify(headerOverride), headersContext(id)) };
}

/**
 * An upstream whose headers cannot be opened shows as disabled without headers, and the log says why. Requests that
 * lack them could be refused, or billed to somebody else.
 */
export function upstreamOpener(ctx: Ctx, keyring: Keyring): UpstreamOpener {
  return {
    credential: credentialOpener(ctx, keyring),
    headers: (sealed) => {
      const json = sealed.headers === '' ? '{}' : openJson(ctx, keyring, sealed);
      return { headerOverride: JSON.parse(json ?? '{}') as HeaderOverride, isReadable: json !== undefined };
    },
  };
}

/** What the keyring binds sealed headers to. */
export function headersContext(id: UpstreamId): string {
  return `upstreams.header_override:${id}`;
}

function openJson(ctx: Ctx, keyring: Keyring, { id, headers }: SealedHeaders): string | undefined {
  try {
    return keyring.open(headers, headersContext(id)).reveal();
  } catch (error) {
    const fault = describeError(error);
    ctx.log.error({ upstream: id, fault }, 'the headers of an upstream cannot be opened, so it is out of use');
    return undefined;
  }
}
