import { parseUsd } from '../../../core/money.ts';
import { given } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { choice, type Flag, flip, limit, many, text } from '../../flags.ts';

type Duration = { count: number; unit: 'hour' | 'day' | 'month' };
const UNITS: Readonly<Record<string, Duration['unit']>> = { h: 'hour', d: 'day', mo: 'month' };

/** What a plan is told when it is added and when it is changed. */
export const PLAN_FLAGS = {
  currency: text('CODE', 'currency of the price, ISO 4217; USD unless given'),
  duration: { about: 'how long a purchase lasts: 12h, 30d or 1mo', placeholder: 'TIME', read: readDuration },
  limit5h: windowLimit('5 hours'),
  limit1d: windowLimit('a day'),
  limit7d: windowLimit('7 days'),
  limit30d: windowLimit('30 days'),
  multiplier: text('FACTOR', 'factor on the list price of what it pays, such as 0.8'),
  models: many('MODELS', 'models or globs that it opens, such as gpt-*; all: every model'),
  groups: many('GROUPS', 'groups of upstreams that it opens; all: every upstream'),
  rpm: limit('requests a minute; none: unlimited'),
  tpm: limit('tokens a minute; none: unlimited'),
  concurrency: limit('requests at once; none: unlimited'),
  overage: flip('whether the balance pays on when a window is exhausted'),
  onRepurchase: choice(['extend', 'stack', 'queue'], 'what buying it once more does'),
  renews: flip('whether the payment provider renews it where it can'),
};

interface PlanFlags {
  readonly currency: string | undefined;
  readonly duration: Duration | undefined;
  readonly limit5h: string | null | undefined;
  readonly limit1d: string | null | undefined;
  readonly limit7d: string | null | undefined;
  readonly limit30d: string | null | undefined;
  readonly multiplier: string | undefined;
  readonly models: string[] | undefined;
  readonly groups: string[] | undefined;
  readonly rpm: number | null | undefined;
  readonly tpm: number | null | undefined;
  readonly concurrency: number | null | undefined;
  readonly overage: boolean | undefined;
  readonly onRepurchase: 'extend' | 'stack' | 'queue' | undefined;
  readonly renews: boolean | undefined;
}

export function readPlanFlags(flags: PlanFlags) {
  const { currency, duration, multiplier, rpm, tpm, concurrency, overage, renews } = flags;
  return given({
    currency,
    duration,
    limit_5h_usd: flags.limit5h,
    limit_1d_usd: flags.limit1d,
    limit_7d_usd: flags.limit7d,
    limit_30d_usd: flags.limit30d,
    multiplier,
    models: orAll(flags.models),
    groups: orAll(flags.groups),
    rpm,
    tpm,
    concurrency,
    overage,
    on_repurchase: flags.onRepurchase,
    renews,
  });
}

/** An amount of dollars, or `none` to take the limit away. */
function windowLimit(span: string): Flag<string | null | undefined> {
  return {
    about: `what may be used within ${span}, in dollars; none: unlimited`,
    placeholder: 'USD|none',
    read(value) {
      if (value === 'none') return null;
      parseUsd(value);
      return value;
    },
  };
}

function readDuration(value: string, name: string): Duration | undefined {
  const [, count, letters = ''] = /^(\d{1,5})(h|d|mo)$/.exec(value) ?? [];
  const unit = UNITS[letters];
  if (count === undefined || unit === undefined) {
    throw wrongUsage(`${name} takes a length of time, not "${value}"`, 'like 12h, 30d or 1mo');
  }
  return { count: Number(count), unit };
}

/** An empty list opens everything, but nobody would write it so. */
function orAll(values: string[] | undefined): string[] | undefined {
  return values?.length === 1 && values[0] === 'all' ? [] : values;
}
