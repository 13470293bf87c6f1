import { adjustBalance, readBalance } from '../../core/ledger/index.ts';
import { setPrice } from '../../core/models/index.ts';
import type { UsdMicros } from '../../core/money.ts';
import type { BootedDaemon } from './boot-daemon.ts';
import { openScene, type Scene, type SceneOptions } from './relay-scene.ts';

/** Ten micro-dollars for a token of input, forty for one of output: 11 and 7 of them unless said. */
const RATES = { input: 10_000_000, output: 40_000_000 } as never;
export const COST = 11 * 10 + 7 * 40;
export const DOLLAR = 1_000_000;

/** A scene whose model has a price. */
export async function openShop(boot: BootedDaemon, options: SceneOptions = {}): Promise<Scene> {
  const scene = await openScene(boot, options);
  await boot.change((ctx) => setPrice(ctx, scene.modelRow.id, { standard: RATES }));
  return scene;
}

export async function give({ boot, user }: Scene, usdMicros: number): Promise<void> {
  const amountUsdMicros = usdMicros as UsdMicros;
  await adjustBalance(boot.ctx, { userId: user.id, amountUsdMicros, reason: 'test', actor: 'test' });
}

/** Balance and held once everything is written and idle leases are back. */
export async function settled({ boot, user }: Scene): Promise<{ balance: number; held: number }> {
  await boot.house.queue.flush();
  await boot.daemon.quota.giveBackIdle(user.id);
  const { usdMicros, heldUsdMicros } = await readBalance(boot.ctx, user.id);
  return { balance: usdMicros, held: heldUsdMicros };
}

/** What the user was charged for requests. */
export async function transfersOf({ boot, user }: Scene): Promise<readonly Record<string, unknown>[]> {
  return (await boot.rows('ledger_transfers')).filter((row) => row['kind'] === 'usage' && row['user_id'] === user.id);
}
