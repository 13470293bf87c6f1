import { isAmong } from '../glob.ts';
import type { PlanTerms } from './plan.ts';

/** Whether a plan pays for a model; `names` are what it is called: its public id, and the alias that was asked for. */
export function opensModel(terms: Pick<PlanTerms, 'models'>, ...names: readonly string[]): boolean {
  return names.some((name) => isAmong(terms.models, name));
}

/**
 * The groups among `groups` that a plan pays for, null standing for "through no group"; null: all of them, whatever they
 * are. A plan that names groups opens nothing that is reached through none.
 */
export function openedGroups(
  terms: Pick<PlanTerms, 'groups'>,
  groups: readonly (string | null)[],
): ReadonlySet<string> | null {
  if (terms.groups.length === 0) return null;
  const asked = new Set(groups);
  return new Set(terms.groups.filter((name) => asked.has(name)));
}
