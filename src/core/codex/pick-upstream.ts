import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { Keyring } from '../keyring/index.ts';
import { findUpstream, loadTopology, type Upstream } from '../upstreams/index.ts';

const HINT = 'add one for accounts with: realms upstream add NAME --kind codex';

/** @throws Failure not_found; conflict when requests to the upstream do not go with ChatGPT accounts */
export async function requireCodexUpstream(tx: Ctx, keyring: Keyring, ref: string): Promise<Upstream> {
  const upstream = await findUpstream(tx, keyring, ref);
  if (upstream.kind === 'codex') return upstream;
  throw new Failure('conflict', {
    message: `the upstream "${upstream.name}" is of the kind ${upstream.kind} and takes API keys, not ChatGPT accounts`,
    hint: HINT,
  });
}

/** For whoever does not say which. @throws Failure not_found; invalid_input when there are several */
export async function onlyCodexUpstream(ctx: Ctx, keyring: Keyring): Promise<Upstream> {
  const all = [...(await loadTopology(ctx, keyring)).upstreams.values()].filter(({ kind }) => kind === 'codex');
  const [only, second] = all;
  if (!only) throw new Failure('not_found', { message: 'there is no upstream of the kind codex', hint: HINT });
  if (!second) return only;
  throw new Failure('invalid_input', {
    message: 'there is more than one upstream of the kind codex',
    hint: `say which: ${all.map(({ name }) => name).join(', ')}`,
    param: 'upstream',
  });
}
