import { checkPrice } from '../currency.ts';
import { Failure } from '../failure.ts';
import { checkLimits } from '../identity/index.ts';
import { checkLabel, checkName } from '../name.ts';
import { DURATION_UNITS, type Duration } from './duration.ts';
import { ON_REPURCHASE, type PlanTerms, WINDOW_SPANS } from './plan.ts';

/** A thousand times the list price, as for groups. */
const MULTIPLIER_MAX_PPM = 1_000_000_000;
/** A billion dollars: sums of many windows stay exact. */
const WINDOW_LIMIT_MAX = 1_000_000_000_000_000;
const LIST_MAX = 200;
const MODEL_GLOB = /^[\x21-\x7e]{1,200}$/;
/** Ten years in each unit: longer is a slip of the finger. */
const DURATION_MAX: Readonly<Record<Duration['unit'], number>> = { hour: 87_600, day: 3_650, month: 120 };

/** What a plan is unless said otherwise: a month at list price for every model, with no limit at all. */
export const PLAIN_TERMS: Omit<PlanTerms, 'name' | 'priceMinor' | 'currency'> = {
  duration: { count: 1, unit: 'month' },
  windowLimits: { '5h': null, '1d': null, '7d': null, '30d': null },
  multiplierPpm: 1_000_000,
  groups: [],
  models: [],
  limits: { rpm: null, tpm: null, concurrency: null },
  allowsOverage: true,
  onRepurchase: 'extend',
  renews: false,
};

/** Whether the groups exist is for the caller to know. @throws Failure invalid_input */
export function checkTerms(terms: PlanTerms): PlanTerms {
  const checked: PlanTerms = {
    ...terms,
    name: checkLabel(terms.name),
    priceMinor: checkPrice(terms.priceMinor, terms.currency),
    groups: checkList(terms.groups, 'groups', (name) => checkName(name, 'groups') === name),
    models: checkList(terms.models, 'models', (glob) => MODEL_GLOB.test(glob)),
    limits: checkLimits(terms.limits),
  };
  const { duration, windowLimits, multiplierPpm, limits, onRepurchase } = checked;
  if (!DURATION_UNITS.includes(duration.unit)) throw refuse('duration', `is in ${DURATION_UNITS.join('s, ')}s`);
  if (!isWhole(duration.count, 1, DURATION_MAX[duration.unit])) {
    throw refuse('duration', `is from 1 to ${DURATION_MAX[duration.unit]} ${duration.unit}s`);
  }
  for (const span of WINDOW_SPANS) {
    const limit = windowLimits[span];
    if (limit === null || isWhole(limit, 1, WINDOW_LIMIT_MAX)) continue;
    throw refuse(`limit_${span}`, 'must be more than nothing and at most a billion dollars');
  }
  if (!isWhole(multiplierPpm, 0, MULTIPLIER_MAX_PPM)) throw refuse('multiplier', 'must be from 0 to 1000');
  for (const [param, limit] of Object.entries(limits)) {
    // For users 0 lifts a limit; a plan says none.
    if (limit === 0) throw refuse(param, 'must be more than 0; leave it out for no limit');
  }
  if (!ON_REPURCHASE.includes(onRepurchase)) throw refuse('on_repurchase', `is one of ${ON_REPURCHASE.join(', ')}`);
  return checked;
}

/** Whether two sets of terms say the same. */
export function isSameTerms(a: PlanTerms, b: PlanTerms): boolean {
  return JSON.stringify(inOneOrder(a)) === JSON.stringify(inOneOrder(b));
}

function inOneOrder(terms: PlanTerms): readonly unknown[] {
  const { name, priceMinor, currency, duration, windowLimits, multiplierPpm, groups, models, limits } = terms;
  const windows = WINDOW_SPANS.map((span) => windowLimits[span]);
  const { rpm, tpm, concurrency } = limits;
  const { allowsOverage, onRepurchase, renews } = terms;
  return [
    [name, priceMinor, currency, duration.count, duration.unit],
    [windows, multiplierPpm, groups, models],
    [rpm, tpm, concurrency, allowsOverage, onRepurchase, renews],
  ];
}

function checkList(items: readonly string[], param: string, isAllowed: (item: string) => boolean): readonly string[] {
  if (items.length > LIST_MAX) throw refuse(param, `has more than ${LIST_MAX} items`);
  const fault = items.find((item) => !isAllowed(item));
  if (fault !== undefined) throw refuse(param, `cannot hold ${JSON.stringify(fault.slice(0, 80))}`);
  return [...new Set(items)];
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= max;
}

function refuse(param: string, problem: string): Failure {
  return new Failure('invalid_input', { message: `${param} ${problem}`, param });
}
