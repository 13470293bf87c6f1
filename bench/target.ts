import { startBenchProgram } from './child.ts';
import { freePort } from './free-port.ts';
import type { Aim } from './load-plan.ts';
import { startNginx } from './nginx.ts';
import type { TargetName } from './options.ts';
import { startDurablePostgres } from './postgres.ts';
import { startRealms } from './realms.ts';

/** Something that load is sent to: a relay, or the mock itself. */
export interface Target {
  readonly name: TargetName;
  readonly aim: Aim;
  /** One of each user that it has, where there is more than the aim's. */
  readonly keys?: readonly string[];
  /** Where the process opens its debugger when it gets SIGUSR1; null for what is no Node process of ours. */
  readonly inspectPort: number | null;
  stop(): Promise<void>;
}

export interface TargetPlace {
  readonly mockPort: number;
  /** An empty folder of this target's own. */
  readonly folder: string;
  /** The checkout or package whose `bin/realms` runs. */
  readonly realmsRoot: string;
  readonly realmsNodeFlags: readonly string[];
}

export async function startTarget(name: TargetName, place: TargetPlace): Promise<Target> {
  switch (name) {
    case 'direct':
      return { name, aim: { port: place.mockPort, pid: null, key: 'none' }, inspectPort: null, stop: async () => {} };
    case 'pass-through': {
      const inspectPort = await freePort();
      const origin = `http://127.0.0.1:${place.mockPort}`;
      const child = await startBenchProgram(
        'relay',
        new URL('./pass-through.ts', import.meta.url),
        [origin],
        [`--inspect-port=${inspectPort}`],
      );
      return { name, aim: { port: child.port, pid: child.pid, key: 'none' }, inspectPort, stop: child.stop };
    }
    case 'nginx':
      return { name, ...(await startNginx(place)) };
    case 'realms':
      return { name, ...(await startRealms(place, { users: 1, payer: null })) };
    case 'realms-balance':
      return { name, ...(await startRealms(place, { users: 1, payer: 'balance' })) };
    case 'realms-subscription':
      return { name, ...(await startRealms(place, { users: 1, payer: 'subscription' })) };
    case 'realms-crowd':
      return { name, ...(await startRealms(place, { users: CROWD, payer: 'balance' })) };
    case 'realms-postgres':
      return { name, ...(await startOnPostgres(place)) };
    case 'quota-each':
    case 'quota-leased': {
      const file = new URL('./quota-program.ts', import.meta.url);
      const child = await startBenchProgram('relay', file, [name, place.folder], place.realmsNodeFlags);
      return { name, aim: { port: child.port, pid: child.pid, key: 'none' }, inspectPort: null, stop: child.stop };
    }
  }
}

const CROWD = 1_000;

async function startOnPostgres(place: TargetPlace): Promise<Omit<Target, 'name'>> {
  const postgres = await startDurablePostgres();
  const realms = await startRealms(place, { users: 1, payer: 'balance' }, postgres.url);
  const stop = async () => {
    await realms.stop();
    await postgres.stop();
  };
  return { ...realms, stop };
}
