// What can be bought: plans and the versions in which they were sold. Knows no user, no order and no payment.
export { DURATION_UNITS, type Duration, type DurationUnit, dayOfMonth, endOfPeriod } from './duration.ts';
export {
  archivePlan,
  createPlan,
  editPlan,
  findPlan,
  listPlans,
  listPlanVersions,
  type NewPlan,
  type PlanPatch,
  readAllPlanVersions,
  readPlanVersion,
  renameGroupInPlans,
  requireForSale,
  requireGroupUnsold,
} from './manage-plans.ts';
export {
  ON_REPURCHASE,
  type OnRepurchase,
  PLAN_STATES,
  type Plan,
  type PlanState,
  type PlanTerms,
  type PlanVersion,
  WINDOW_MS,
  WINDOW_SPANS,
  type WindowSpan,
} from './plan.ts';
export { openedGroups, opensModel } from './plan-access.ts';
