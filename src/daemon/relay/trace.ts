import type { Pick } from '../../core/scheduling/index.ts';
import type { AttemptTrace, CandidateTrace } from '../../core/usage/index.ts';
import type { Journey } from './journey.ts';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Candidates that a decision record lists for each attempt. */
const TRACED_MAX = 20;

/** An attempt's trace as of now but for its verdict, which the caller fills in. */
export function traceOf(
  journey: Journey,
  { picked, startedMs, endedMs }: { readonly picked: Pick; readonly startedMs: number; readonly endedMs: number },
): Writable<AttemptTrace> {
  const candidates: CandidateTrace[] = [];
  for (const verdict of picked.verdicts) {
    if (candidates.length >= TRACED_MAX) break;
    const { name } = verdict.candidate;
    candidates.push(
      verdict.kind === 'removed' ? { name, removed: verdict.why } : { name, score: Math.round(verdict.score) },
    );
  }
  return {
    candidates,
    omitted: picked.verdicts.length - candidates.length,
    chosen: picked.chosen?.name ?? null,
    startedMs: Math.round(startedMs - journey.request.startedMs),
    tookMs: Math.round(endedMs - startedMs),
    status: null,
    verdict: '',
    errorCode: null,
    cooldown: null,
  };
}
