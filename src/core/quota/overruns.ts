import type { Ctx, WriteQueue } from '../database/index.ts';
import type { UsdMicros } from '../money.ts';
import type { PaidReservation } from './open-reservations.ts';
import { type Overrun, writeOff } from './write-off.ts';

/** Requests that cost more than was held, until it is known whether something of it has to be written off. */
export class Overruns {
  #open: Overrun[] = [];

  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  note({ requestId, userId, heldUsdMicros }: PaidReservation, chargedUsdMicros: UsdMicros): void {
    this.#open.push({ requestId, userId, overUsdMicros: (chargedUsdMicros - heldUsdMicros) as UsdMicros });
  }

  /** Looks at the balances once the charges are in the database; what fails is looked at again the next time. */
  async writeOff(ctx: Ctx, queue: WriteQueue, floorUsdMicros: number): Promise<void> {
    const known = this.#open.length;
    await queue.flush();
    for (let i = 0; i < known; i++) {
      const overrun = this.#open[0];
      if (!overrun) return;
      const amountUsdMicros = await writeOff(ctx, overrun, floorUsdMicros);
      this.#open.shift();
      if (amountUsdMicros === 0) continue;
      ctx.log.warn({ request: overrun.requestId, user: overrun.userId, amountUsdMicros }, 'over-run written off');
    }
  }
}
