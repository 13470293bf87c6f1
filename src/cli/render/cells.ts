import type { Cell } from './answer.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const NONE = '-';

export function orNone(value: string | number | null | undefined): string {
  return value === null || value === undefined || value === '' ? NONE : String(value);
}

export function onOff(enabled: boolean): Cell {
  return enabled ? { text: 'on', tone: 'good' } : { text: 'off', tone: 'dim' };
}

/** `2026-11-20 12:46:53` in UTC, which is what logs show too. */
export function instant(at: string | null | undefined): string {
  return at ? at.slice(0, 19).replace('T', ' ') : NONE;
}

export function usdOrNone(amount: string | null | undefined): string {
  if (amount === null || amount === undefined) return NONE;
  return amount.startsWith('-') ? `-$${amount.slice(1)}` : `$${amount}`;
}

export function words(values: readonly string[], none: string = NONE): string {
  return values.length === 0 ? none : values.join(',');
}

/** A length of time in its two largest units: `840ms`, `1.4s`, `2m11s`, `3d4h`. */
export function span(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)}ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)}s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)}m${Math.floor((ms % MINUTE_MS) / SECOND_MS)}s`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)}h${Math.floor((ms % HOUR_MS) / MINUTE_MS)}m`;
  return `${Math.floor(ms / DAY_MS)}d${Math.floor((ms % DAY_MS) / HOUR_MS)}h`;
}
