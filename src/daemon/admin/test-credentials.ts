import type { z } from 'zod';
import type { testView } from '../../core/contract/index.ts';
import type { Credential, Endpoint, Upstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';

export interface TestPair {
  readonly upstream: Upstream;
  readonly endpoint: Endpoint;
  readonly credential: Credential;
}

type TestView = z.output<typeof testView>;

const PAIRS_MAX = 64;
const AT_ONCE = 8;

/** Tries each pair, a few at a time, and says in the same order what came of it. At most 64 pairs. */
export async function testPairs(deps: AdminDeps, pairs: readonly TestPair[], model?: string): Promise<TestView> {
  const results: TestView['results'] = [];
  const queue = pairs.slice(0, PAIRS_MAX).entries();
  const work = async (): Promise<void> => {
    for (const [index, pair] of queue) results[index] = await testPair(deps, pair, model);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { ok: results.length > 0 && results.every((result) => result.ok), results };
}

async function testPair(deps: AdminDeps, pair: TestPair, model?: string): Promise<TestView['results'][number]> {
  const { upstream, endpoint, credential } = pair;
  const result = await deps.probe.testCredential(upstream, endpoint, credential, model);
  return {
    credential_id: credential.id,
    credential: credential.name,
    endpoint: endpoint.baseUrl,
    ok: result.ok,
    status: result.status,
    latency_ms: Math.round(result.latencyMs),
    detail: result.detail,
  };
}
