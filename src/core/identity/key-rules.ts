import { Failure } from '../failure.ts';
import { parseIpRange } from '../ip-range.ts';
import { checkLabel, checkName } from '../name.ts';
import type { Patch } from '../patch.ts';
import { type ApiKey, DISCONNECT_POLICIES } from './api-key.ts';
import { checkLimits } from './rate-limits.ts';
import { NO_LIMITS, type RateLimits } from './user.ts';

const MODELS_MAX = 200;
const IPS_MAX = 200;
const GROUPS_MAX = 32;
const MODEL_GLOB = /^[\x21-\x7e]{1,200}$/;

/** What may be said about a key when it is made or changed; what is absent stays as it is. */
export type KeySettings = Patch<Omit<Adjustable, 'limits'> & { readonly limits: Patch<RateLimits> }>;

type Adjustable = Pick<
  ApiKey,
  | 'name'
  | 'enabled'
  | 'allowedModels'
  | 'allowedIps'
  | 'groups'
  | 'limits'
  | 'notBefore'
  | 'expiresAt'
  | 'disconnectPolicy'
>;

export const NEW_KEY: Omit<Adjustable, 'name'> = {
  enabled: true,
  allowedModels: [],
  allowedIps: [],
  groups: [],
  limits: NO_LIMITS,
  notBefore: null,
  expiresAt: null,
  disconnectPolicy: null,
};

/**
 * Lays `patch` over `before` and checks the result. Whether the groups exist is for the caller to know.
 * @throws Failure invalid_input
 */
export function checkKeySettings(before: Adjustable, patch: KeySettings): Adjustable {
  const after = {
    name: checkLabel(patch.name ?? before.name),
    enabled: patch.enabled ?? before.enabled,
    allowedModels: checkList(patch.allowedModels ?? before.allowedModels, MODELS_MAX, 'allowed_models', isModelGlob),
    allowedIps: checkList(patch.allowedIps ?? before.allowedIps, IPS_MAX, 'allowed_ips', isIpRange),
    groups: checkList(patch.groups ?? before.groups, GROUPS_MAX, 'groups', isGroupName),
    limits: checkLimits(patch.limits, before.limits),
    notBefore: patch.notBefore === undefined ? before.notBefore : patch.notBefore,
    expiresAt: patch.expiresAt === undefined ? before.expiresAt : patch.expiresAt,
    disconnectPolicy: patch.disconnectPolicy === undefined ? before.disconnectPolicy : patch.disconnectPolicy,
  };
  if (after.disconnectPolicy !== null && !DISCONNECT_POLICIES.includes(after.disconnectPolicy)) {
    throw refuse('disconnect_policy', `must be one of ${DISCONNECT_POLICIES.join(', ')}`);
  }
  if (after.notBefore !== null && after.expiresAt !== null && after.notBefore >= after.expiresAt) {
    throw refuse('expires_at', 'must be later than not_before');
  }
  return after;
}

function checkList(
  items: readonly string[],
  itemsMax: number,
  param: string,
  isAllowed: (item: string) => boolean,
): readonly string[] {
  if (items.length > itemsMax) throw refuse(param, `has more than ${itemsMax} items`);
  const fault = items.find((item) => !isAllowed(item));
  if (fault !== undefined) throw refuse(param, `cannot hold ${JSON.stringify(fault.slice(0, 80))}`);
  return [...new Set(items)];
}

function isModelGlob(text: string): boolean {
  return MODEL_GLOB.test(text);
}

function isIpRange(text: string): boolean {
  return parseIpRange(text) !== undefined;
}

function isGroupName(text: string): boolean {
  return checkName(text, 'groups') === text;
}

function refuse(param: string, problem: string): Failure {
  return new Failure('invalid_input', { message: `${param} ${problem}`, param });
}
