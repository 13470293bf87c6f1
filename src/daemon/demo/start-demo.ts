import { type Ctx, inTransaction } from '../../core/database/index.ts';
import { createKey, editKey, findUser, type IdentitySnapshot, rotateKey } from '../../core/identity/index.ts';
import { addModel, bindModel, setPrice } from '../../core/models/index.ts';
import type { MicrosPerMillion } from '../../core/money.ts';
import { Secret } from '../../core/secret.ts';
import { addUpstream, removeUpstream } from '../../core/upstreams/index.ts';
import type { Daemon } from '../start-daemon.ts';
import { startSimulatedUpstream } from './simulated-upstream.ts';

export interface Demo {
  /** A ready request, for people. */
  readonly text: string;
  close(): Promise<void>;
}

const UPSTREAM = 'demo-simulation';
const MODEL = 'demo-model';
const KEY = 'demo';
const PRICE = 1_000_000 as MicrosPerMillion;

/**
 * Puts a simulated upstream behind the relay and makes a key for it. The simulation gets a new address, and the key a
 * new text, with every start; what an earlier demo left is replaced.
 */
export async function startDemo(daemon: Daemon): Promise<Demo> {
  const simulated = await startSimulatedUpstream();
  try {
    const key = await installDemo(daemon, simulated);
    for (const topic of ['upstreams', 'models', 'identity'] as const) await daemon.house.live.refresh(topic);
    return { text: demoText(daemon.publicUrl, key.reveal()), close: () => simulated.close() };
  } catch (error) {
    // A listener that nobody closes would keep the process alive.
    await simulated.close();
    throw error;
  }
}

async function installDemo(daemon: Daemon, simulated: { baseUrl: string; key: string }): Promise<Secret> {
  const { ctx, keyring } = daemon.store;
  const { topology, catalog } = daemon.house.live.state;
  return inTransaction(ctx, async (tx) => {
    const old = [...topology.upstreams.values()].find(({ name }) => name === UPSTREAM);
    if (old) await removeUpstream(tx, old.id);
    const upstream = await addUpstream(tx, keyring, {
      name: UPSTREAM,
      kind: 'openai',
      baseUrl: simulated.baseUrl,
      secret: new Secret(simulated.key),
      allowPrivate: true,
      allowHttp: false,
    });
    const model = catalog.modelByName.get(MODEL) ?? (await addModel(tx, { publicId: MODEL, ownedBy: 'simulation' }));
    await bindModel(tx, model.id, { upstreamId: upstream.id, upstreamModel: 'simulated-large', enabled: true });
    await setPrice(tx, model.id, {
      standard: { input: PRICE, cachedInput: PRICE, cacheWrite5m: PRICE, cacheWrite1h: PRICE, output: PRICE },
      priority: null,
      highContext: null,
    });
    return await renewKey(tx, daemon.house.live.state.identity);
  });
}

/** The same key with every start, so that its usage stays together; what an earlier start printed dies. */
async function renewKey(tx: Ctx, { userById, keyByHash }: IdentitySnapshot): Promise<Secret> {
  const owner = [...userById.values()].find(({ role }) => role === 'root') ?? (await findUser(tx, 'owner'));
  const old = [...keyByHash.values()].find(({ key }) => key.userId === owner.id && key.name === KEY);
  if (!old) return (await createKey(tx, { userId: owner.id, name: KEY })).text;
  await editKey(tx, old.key.id, { enabled: true });
  return (await rotateKey(tx, old.key.id)).text;
}

function demoText(publicUrl: string, key: string): string {
  return `
Demo: the upstream "${UPSTREAM}" is a simulation within this process; it writes prose and knows nothing.
Stream an answer through the relay:

  curl -N ${publicUrl}/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'content-type: application/json' \\
    -d '{"model":"${MODEL}","stream":true,"messages":[{"role":"user","content":"hello"}]}'

`;
}
