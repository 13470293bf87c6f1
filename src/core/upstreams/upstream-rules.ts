import { Failure } from '../failure.ts';
import { checkName } from '../name.ts';
import type { Patch } from '../patch.ts';
import { checkErrorRules } from './check-error-rules.ts';
import { checkHeaderOverride, checkParamOverride } from './overrides.ts';
import { UPSTREAM_KINDS, type Upstream } from './upstream.ts';

const PRIORITY_MAX = 1_000_000;
const WEIGHT_MAX = 1_000;

export type UpstreamFacts = Pick<
  Upstream,
  | 'name'
  | 'enabled'
  | 'priority'
  | 'weight'
  | 'allowPrivate'
  | 'allowHttp'
  | 'paramOverride'
  | 'headerOverride'
  | 'errorRules'
  | 'injectStreamUsage'
>;

export const NEW_UPSTREAM: Omit<UpstreamFacts, 'name'> = {
  enabled: true,
  priority: 0,
  weight: 1,
  allowPrivate: false,
  allowHttp: false,
  paramOverride: {},
  headerOverride: {},
  errorRules: [],
  injectStreamUsage: true,
};

/** Lays `patch` over `before` and checks the result. @throws Failure invalid_input */
export function checkUpstreamFacts(before: UpstreamFacts, patch: Patch<UpstreamFacts>): UpstreamFacts {
  return {
    name: checkName(patch.name ?? before.name),
    enabled: patch.enabled ?? before.enabled,
    priority: checkPriority(patch.priority ?? before.priority),
    weight: checkWeight(patch.weight ?? before.weight),
    allowPrivate: patch.allowPrivate ?? before.allowPrivate,
    allowHttp: patch.allowHttp ?? before.allowHttp,
    paramOverride: checkParamOverride(patch.paramOverride ?? before.paramOverride),
    headerOverride: checkHeaderOverride(patch.headerOverride ?? before.headerOverride),
    errorRules: checkErrorRules(patch.errorRules ?? before.errorRules),
    injectStreamUsage: patch.injectStreamUsage ?? before.injectStreamUsage,
  };
}

/** @throws Failure invalid_input */
export function checkKind<Kind extends string>(kind: Kind): Kind {
  if (UPSTREAM_KINDS.some((known) => known === kind)) return kind;
  const message = `kind must be one of ${UPSTREAM_KINDS.join(', ')}`;
  throw new Failure('invalid_input', { message, param: 'kind' });
}

/** @throws Failure invalid_input */
export function checkPriority(value: number): number {
  return requireInteger('priority', value, 0, PRIORITY_MAX);
}

/** @throws Failure invalid_input */
export function checkWeight(value: number): number {
  return requireInteger('weight', value, 1, WEIGHT_MAX);
}

/** @throws Failure invalid_input */
export function requireInteger(param: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new Failure('invalid_input', { message: `${param} must be a whole number from ${min} to ${max}`, param });
}
