import type { ResponseOf, showOrder } from '../../../core/contract/index.ts';
import type { Cell } from '../../render/answer.ts';
import { instant, orNone } from '../../render/cells.ts';
import { orderFields } from './order-view.ts';

type Story = ResponseOf<typeof showOrder>;

const LABEL_WIDTH = 10;

/** What an order is and everything that it went through, for a person to read from top to bottom. */
export function tellOrder(story: Story): readonly Cell[] {
  const facts = orderFields(story).map(([label, value]): Cell => {
    const [text, tone] =
      typeof value === 'object' && value !== null ? [value.text, value.tone] : [value ?? '-', undefined];
    const line = `${label.padEnd(LABEL_WIDTH)}  ${text}`;
    return tone === undefined ? line : { text: line, tone };
  });
  return [
    ...facts,
    ...section(
      'what happened',
      story.events,
      ({ at, kind, actor, detail }) => `${instant(at)}  ${kind}  by ${actor}${tellDetail(detail)}`,
    ),
    ...section('payments', story.payments, tellPayment),
    ...section(
      'callbacks',
      story.callbacks,
      ({ received_at, channel, type, verdict, error, deliveries, id }) =>
        `${instant(received_at)}  ${type} from ${channel ?? 'a channel'}: ${verdict}${error === null ? '' : ` (${error})`}, came ${deliveries}x  ${id}`,
    ),
    ...section(
      'refunds',
      story.refunds,
      ({ created_at, amount, currency, state, reason, error, id }) =>
        `${instant(created_at)}  ${amount} ${currency} ${state}: ${error ?? reason}  ${id}`,
    ),
    ...section(
      'money',
      story.transfers,
      ({ at, amount_usd, debit_account, credit_account, id }) =>
        `${instant(at)}  $${amount_usd} from ${debit_account} to ${credit_account}  ${id}`,
    ),
    ...section(
      'differences',
      story.differences,
      ({ seen_at, kind, state, detail, note, id }) =>
        `${instant(seen_at)}  ${kind} (${state}): ${note ?? detail}  ${id}`,
    ),
  ];
}

function tellPayment(payment: Story['payments'][number]): string {
  const {
    id,
    state,
    reference,
    payment_ref,
    amount,
    currency,
    refunded,
    disputed,
    dispute,
    renewal,
    asked,
    next_ask_at,
  } = payment;
  const parts = [
    `${id}  ${amount} ${currency} ${state}`,
    `known there as ${payment_ref ?? reference}`,
    payment.by_hand
      ? 'marked by hand'
      : `asked ${asked}x${next_ask_at === null ? '' : `, next ${instant(next_ask_at)}`}`,
    Number(refunded) > 0 ? `refunded ${refunded}` : '',
    dispute === 'none' ? '' : `dispute ${dispute} over ${disputed}`,
    renewal === 'none' ? '' : `renewal ${renewal}`,
    payment.credited_to === null ? '' : `$${payment.credited_usd} to ${orNone(payment.credited_to)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function section<T>(title: string, rows: readonly T[], tell: (row: T) => string): readonly Cell[] {
  return rows.length === 0 ? [] : ['', { text: title, tone: 'dim' }, ...rows.map((row) => `  ${tell(row)}`)];
}

function tellDetail(detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return '';
  const known = Object.entries(detail).filter(([, value]) => value !== null);
  const facts = known.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return facts.length === 0 ? '' : `: ${facts.join(', ')}`;
}
