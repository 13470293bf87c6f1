// Which source serves a request, and what the outcome teaches: candidates, picks, cooldowns, limits, stickiness.
// Knows nothing of HTTP, prices or money.
export { type Candidate, hashText, listCandidates, type Reach } from './candidate.ts';
export { COOLDOWN_SCOPES, type Cooldown, type CooldownScope } from './cooldown.ts';
export { CooldownBook, type NewCooldown } from './cooldown-book.ts';
export { type CooldownDefaults, matchErrorRule, ruleCooldown } from './cooldown-rule.ts';
export { loadOpenCooldowns, pruneCooldowns } from './cooldown-store.ts';
export { HealthBoard, type HealthReading } from './health.ts';
export { isUnlimited, LimitBook, type LimitHold, type LimitRefusal, type LimitSubject } from './limit-book.ts';
export { type ObjectRef, ObjectRefs, pruneObjectRefs } from './object-refs.ts';
export { type Pick, type PickView, type PickWish, pick, type Unfitness, type Verdict } from './pick.ts';
export { SESSIONS_MAX, SessionBindings, sessionKeyOf } from './session-bindings.ts';
export { loadSessionBindings, pruneSessionBindings } from './session-store.ts';
export { CLASS_POLICIES, classify, ERROR_CLASSES, type ErrorClass, type UpstreamError } from './upstream-error.ts';
