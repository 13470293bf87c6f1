import type { z } from 'zod';
import type { decisionView } from '../../core/contract/index.ts';
import { epochMs, toRfc3339 } from '../../core/time.ts';
import type { AttemptTrace, Decision } from '../../core/usage/index.ts';

type DecisionView = z.output<typeof decisionView>;

export function viewDecision(decision: Decision): DecisionView {
  return {
    id: decision.id,
    at: toRfc3339(decision.at),
    model: { ...decision.model },
    ladder: [...decision.ladder],
    sticky: decision.sticky && { ...decision.sticky },
    attempts: decision.attempts.map(viewAttempt),
    quota: { ...decision.quota },
    refusal: decision.refusal && { ...decision.refusal },
    disconnect: decision.disconnect,
  };
}

function viewAttempt(attempt: AttemptTrace): DecisionView['attempts'][number] {
  return {
    candidates: attempt.candidates.map(({ name, removed, score }) => ({
      name,
      removed: removed ?? null,
      score: score ?? null,
    })),
    omitted: attempt.omitted,
    chosen: attempt.chosen,
    started_ms: attempt.startedMs,
    took_ms: attempt.tookMs,
    status: attempt.status,
    verdict: attempt.verdict,
    error_code: attempt.errorCode,
    cooldown: attempt.cooldown && { ...attempt.cooldown, until: toRfc3339(epochMs(attempt.cooldown.until)) },
  };
}
