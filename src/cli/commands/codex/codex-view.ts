import type { listCodexHistory, ResponseOf, showCodexAccount } from '../../../core/contract/index.ts';
import { type Answer, type Cell, type Column, type Field, item, type Tone } from '../../render/answer.ts';
import { instant, onOff, orNone, span } from '../../render/cells.ts';

export type Account = ResponseOf<typeof showCodexAccount>;
type Limit = Account['limits'][number];
type Window = Limit['short'];
type Reset = ResponseOf<typeof listCodexHistory>['items'][number];

const TONES: Readonly<Record<string, Tone>> = { active: 'good', cooling: 'warn', needs_login: 'bad', blocked: 'bad' };
const FULL_PERCENT = 100;
const MUCH_PERCENT = 80;
const MINUTE_MS = 60_000;

export const ACCOUNT_COLUMNS: readonly Column<Account>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'UPSTREAM', cell: (row) => row.upstream },
  { title: 'PLAN', cell: (row) => orNone(row.plan) },
  { title: 'STATE', cell: stateCell },
  { title: 'SHORT', right: true, cell: (row) => usedCell(mainOf(row)?.short) },
  { title: 'RESETS', cell: (row) => instant(mainOf(row)?.short?.resets_at) },
  { title: 'LONG', right: true, cell: (row) => usedCell(mainOf(row)?.long) },
  { title: 'RESETS', cell: (row) => instant(mainOf(row)?.long?.resets_at) },
  { title: 'CREDITS', cell: creditsCell },
  { title: 'REFRESHED', cell: (row) => instant(row.last_refresh_at) },
  { title: 'WHY', cell: (row) => orNone(row.why) },
];

export const RESET_COLUMNS: readonly Column<Reset>[] = [
  { title: 'RESET', cell: (row) => instant(row.reset_at) },
  { title: 'ACCOUNT', cell: (row) => row.account },
  { title: 'LIMIT', cell: (row) => row.limit },
  { title: 'WINDOW', cell: (row) => windowName(row.window_minutes) },
  { title: 'USED', right: true, cell: (row) => `${row.used_percent}%` },
  { title: 'LOST', right: true, cell: (row) => `${row.lost_percent}%` },
  { title: 'SEEN', cell: (row) => instant(row.seen_at) },
];

export function showAccount(account: Account, notes: readonly string[] = []): Answer {
  return item(account, accountFields(account), notes);
}

export function accountFields(account: Account): Field[] {
  return [
    ['name', account.name],
    ['id', account.id],
    ['upstream', account.upstream],
    ['email', orNone(account.email)],
    ['account', account.account_id],
    ['plan', orNone(account.plan)],
    ['state', stateCell(account)],
    ['why', account.why],
    ['enabled', onOff(account.enabled)],
    ['token ends', instant(account.access_expires_at)],
    ['refreshed', instant(account.last_refresh_at)],
    ...account.limits.flatMap(limitFields),
    ['credits', creditsCell(account)],
    ['limits seen', instant(account.limits_seen_at)],
    ...account.cooldowns.map(
      (one): Field => ['cooling', `until ${instant(one.until)}: ${one.reason} (${one.evidence})`],
    ),
    ['created', instant(account.created_at)],
  ];
}

function limitFields(limit: Limit): Field[] {
  const label = limit.name ?? limit.id;
  const windows = [limit.short, limit.long].filter((window) => window !== null);
  return windows.map((window) => {
    const length = window.window_minutes === null ? '' : ` ${windowName(window.window_minutes)}`;
    return [`${label}${length}`, `${percent(window)} used, resets ${instant(window.resets_at)}`];
  });
}

function mainOf(account: Account): Limit | undefined {
  return account.limits.find(({ id }) => id === 'codex') ?? account.limits[0];
}

function stateCell({ state, enabled, cooldowns }: Account): Cell {
  const isCooling = cooldowns.some(({ scope }) => scope === 'credential');
  const word = state !== 'active' ? state : enabled ? (isCooling ? 'cooling' : 'active') : 'disabled';
  return { text: word, tone: TONES[word] ?? 'dim' };
}

function usedCell(window: Window | undefined): Cell {
  if (!window) return orNone(null);
  const tone = window.used_percent >= FULL_PERCENT ? 'bad' : window.used_percent >= MUCH_PERCENT ? 'warn' : 'good';
  return { text: percent(window), tone };
}

function creditsCell({ credits }: Account): string {
  if (!credits) return orNone(null);
  if (credits.unlimited) return 'unlimited';
  return credits.has ? orNone(credits.balance) : 'none';
}

function percent(window: NonNullable<Window>): string {
  return `${window.used_percent}%`;
}

function windowName(minutes: number): string {
  return minutes === 0 ? orNone(null) : span(minutes * MINUTE_MS);
}
