import type { listSubscriptions, ResponseOf, showSubscription } from '../../../core/contract/index.ts';
import { type Answer, type Cell, type Column, type Field, item, type Tone } from '../../render/answer.ts';
import { instant, orNone } from '../../render/cells.ts';

type Subscription = ResponseOf<typeof listSubscriptions>['items'][number];
type Detail = ResponseOf<typeof showSubscription>;
type Window = Subscription['windows'][number];

const TONES: Readonly<Record<Subscription['state'], Tone>> = {
  queued: 'dim',
  active: 'good',
  past_due: 'bad',
  expired: 'dim',
  canceled: 'warn',
  revoked: 'warn',
};

export const SUBSCRIPTION_COLUMNS: readonly Column<Subscription>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'USER', cell: (row) => row.user ?? row.user_id },
  { title: 'PLAN', cell: (row) => row.plan },
  { title: 'STATE', cell: stateCell },
  { title: 'BEGINS', cell: (row) => instant(row.starts_at) },
  { title: 'ENDS', cell: (row) => instant(row.ends_at) },
  { title: 'LEFT', cell: (row) => tellTightest(row, (window) => `$${window.left_usd} of $${window.limit_usd}`) },
  { title: 'WITHIN', right: true, cell: (row) => tellTightest(row, (window) => window.span) },
  { title: 'RESETS', cell: (row) => tellTightest(row, (window) => instant(window.resets_at)) },
];

export function showOne(subscription: Detail, notes: readonly string[] = []): Answer {
  const { windows, grants } = subscription;
  const renewal = subscription.renews ? ', then the provider renews it' : '';
  const fields: Field[] = [
    ['id', subscription.id],
    ['user', `${orNone(subscription.user)} (${subscription.user_id})`],
    ['plan', `${subscription.plan}, version ${subscription.plan_version}`],
    ['state', stateCell(subscription)],
    ['begins', instant(subscription.starts_at)],
    ['ends', `${instant(subscription.ends_at)}${renewal}`],
    ...(subscription.cancel_reason === null ? [] : [['canceled because', subscription.cancel_reason] as const]),
    ...(windows.length === 0 ? [['left', 'unlimited'] as const] : windows.map(tellWindow)),
    ...grants.map(tellGrant),
  ];
  return item(subscription, fields, notes);
}

function stateCell({ state }: Pick<Subscription, 'state'>): Cell {
  return { text: state, tone: TONES[state] };
}

/** The window that will refuse first. */
function tellTightest({ windows }: Subscription, tell: (window: Window) => string): string {
  const [tightest] = [...windows].sort((a, b) => a.left_usd_micros - b.left_usd_micros);
  return tightest ? tell(tightest) : '-';
}

function tellWindow(window: Window): Field {
  const held = window.held_usd === '0' ? '' : `, $${window.held_usd} held`;
  const until = window.resets_at ? `resets ${instant(window.resets_at)}` : 'opens with the next use';
  const sum = `$${window.left_usd} left of $${window.limit_usd} ($${window.used_usd} used${held}); ${until}`;
  return [`within ${window.span}`, sum];
}

function tellGrant(grant: Detail['grants'][number]): Field {
  const revoked = grant.revoked_at === null ? '' : `, taken back ${instant(grant.revoked_at)}`;
  return ['given by', `${grant.source}: ${instant(grant.starts_at)} to ${instant(grant.ends_at)}${revoked}`];
}
