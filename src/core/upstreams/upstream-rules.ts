import { Failure } from '../failure.ts';
import { checkName } from '../name.ts';
import type { Patch } from '../patch.ts';
import { checkErrorRules } from './check-error-rules.ts';
import { checkHeaderOverride, checkParamOverride } from './overrides.ts';
import { checkWires, wiresOf } from './spoken-wires.ts';
import { UPSTREAM_KINDS, type Upstream, type UpstreamKind } from './upstream.ts';

const PRIORITY_MAX = 1_000_000;
const WEIGHT_MAX = 1_000;

export type UpstreamFacts = Pick<
  Upstream,
  | 'name'
  | 'wires'
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

const NEW_UPSTREAM: Omit<UpstreamFacts, 'name' | 'wires'> = {
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

/** An upstream of which only name and kind are decided. */
export function newUpstreamFacts(name: string, kind: UpstreamKind): UpstreamFacts {
  return { ...NEW_UPSTREAM, name, wires: wiresOf(kind) };
}

/** Lays `patch` over `before` and checks the result. @throws Failure invalid_input */
export function checkUpstreamFacts(
  kind: UpstreamKind,
  before: UpstreamFacts,
  patch: Patch<UpstreamFacts>,
): UpstreamFacts {
  return {
    name: checkName(patch.name ?? before.name),
    wires: checkWires(kind, patch.wires ?? before.wires),
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
