import type { RequestId } from '../ids.ts';
import type { EpochMs } from '../time.ts';
import type { AttemptTrace, CandidateTrace, Decision, StickyTrace } from './decision.ts';

// A decision is written for every request and read for very few, so its stored form is arrays: half the bytes of
// objects, and half the time to write. The number in front tells later readers which form it is.
const FORM = 1;

type StoredCandidate = readonly [name: string, removedOrScore: string | number | null];
type StoredAttempt = readonly [
  candidates: readonly StoredCandidate[],
  omitted: number,
  chosen: string | null,
  startedMs: number,
  tookMs: number,
  status: number | null,
  verdict: string,
  errorCode: string | null,
  cooldown: AttemptTrace['cooldown'],
];
type StoredDecision = readonly [
  form: number,
  at: number,
  asked: string,
  resolved: string,
  via: Decision['model']['via'],
  ladder: readonly string[],
  sticky: readonly [StickyTrace['kind'], string, string | null, StickyTrace['outcome']] | null,
  attempts: readonly StoredAttempt[],
  payer: string,
  settled: string,
  refusal: Decision['refusal'],
  disconnect: string | null,
];

/** The stored form of a decision. */
export function packDecision(decision: Decision): string {
  const { model, sticky, quota } = decision;
  const stored: StoredDecision = [
    FORM,
    decision.at,
    model.asked,
    model.resolved,
    model.via,
    decision.ladder,
    sticky && [sticky.kind, sticky.source, sticky.credential, sticky.outcome],
    decision.attempts.map(packAttempt),
    quota.payer,
    quota.settled,
    decision.refusal,
    decision.disconnect,
  ];
  return JSON.stringify(stored);
}

/** The decision of a stored text; ids are kept beside it. */
export function unpackDecision(id: RequestId, text: string): Decision {
  const [, at, asked, resolved, via, ladder, sticky, attempts, payer, settled, refusal, disconnect] = JSON.parse(
    text,
  ) as StoredDecision;
  return {
    id,
    at: at as EpochMs,
    model: { asked, resolved, via },
    ladder,
    sticky: sticky && { kind: sticky[0], source: sticky[1], credential: sticky[2], outcome: sticky[3] },
    attempts: attempts.map(unpackAttempt),
    quota: { payer, settled },
    refusal,
    disconnect,
  };
}

function packAttempt(trace: AttemptTrace): StoredAttempt {
  const { omitted, chosen, startedMs, tookMs, status, verdict, errorCode, cooldown } = trace;
  const candidates = trace.candidates.map(
    ({ name, removed, score }): StoredCandidate => [name, removed ?? score ?? null],
  );
  return [candidates, omitted, chosen, startedMs, tookMs, status, verdict, errorCode, cooldown];
}

function unpackAttempt(stored: StoredAttempt): AttemptTrace {
  const [candidates, omitted, chosen, startedMs, tookMs, status, verdict, errorCode, cooldown] = stored;
  return {
    candidates: candidates.map(unpackCandidate),
    omitted,
    chosen,
    startedMs,
    tookMs,
    status,
    verdict,
    errorCode,
    cooldown,
  };
}

function unpackCandidate([name, kept]: StoredCandidate): CandidateTrace {
  if (kept === null) return { name };
  return typeof kept === 'string' ? { name, removed: kept } : { name, score: kept };
}
