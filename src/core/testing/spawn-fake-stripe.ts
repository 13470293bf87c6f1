import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FakeStripeOptions, StripeControls } from './fake-stripe.ts';

const PROGRAM = join(import.meta.dirname, 'fake-stripe-process.ts');
const READY = /fake stripe serves (http:\S+)/;

/** The fake as a process of its own, with the same verbs. */
export interface SpawnedFakeStripe extends StripeControls {
  readonly url: string;
  readonly process: ChildProcess;
  /** Ends it and waits until it is gone. */
  close(): Promise<void>;
}

/** Starts it and waits until it serves. @throws with what it said when it ends instead */
export async function spawnFakeStripe(options: Omit<FakeStripeOptions, 'clock'> = {}): Promise<SpawnedFakeStripe> {
  const args = ['--import', 'tsx', PROGRAM, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  while (!READY.test(said)) {
    await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    if (child.exitCode !== null) throw new Error(`the fake Stripe ended with ${child.exitCode}: ${said}`);
  }
  const url = READY.exec(said)?.[1] ?? '';
  return Object.assign(controlsAt(url), {
    url,
    process: child,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
  });
}

/** The verbs of a fake that stands elsewhere. */
export function controlsAt(url: string): StripeControls {
  const verbs = new Map<string, (...given: unknown[]) => Promise<unknown>>();
  return new Proxy({} as StripeControls, {
    get(own, name) {
      if (typeof name !== 'string' || name === 'then' || Object.hasOwn(own, name)) return Reflect.get(own, name);
      const verb = verbs.get(name) ?? ((...given: unknown[]) => callVerb(url, name, given));
      verbs.set(name, verb);
      return verb;
    },
  });
}

async function callVerb(url: string, verb: string, given: readonly unknown[]): Promise<unknown> {
  const answer = await fetch(`${url}/_fake/${verb}`, { method: 'POST', body: JSON.stringify(given) });
  const { result, error } = (await answer.json()) as { result?: unknown; error?: { message: string } };
  if (error !== undefined) throw new Error(error.message);
  return result ?? undefined;
}
