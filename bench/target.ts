import { startBenchProgram } from './child.ts';
import { freePort } from './free-port.ts';
import type { Aim } from './load-plan.ts';
import { startNginx } from './nginx.ts';
import type { TargetName } from './options.ts';
import { startRealms } from './realms.ts';

/** Something that load is sent to: a relay, or the mock itself. */
export interface Target {
  readonly name: TargetName;
  readonly aim: Aim;
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
      return { name, ...(await startRealms(place)) };
  }
}
