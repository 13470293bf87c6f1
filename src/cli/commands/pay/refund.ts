import { arg, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import { choice, required, text } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { REFUND_COLUMNS, REFUND_STATES, showRefund } from './pay-view.ts';

export const refundPayment = leaf({
  name: 'refund',
  about: 'send money back to the payer; the provider is asked once and never again',
  examples: [
    'realms pay refund 01jd0kq4v6m8t2w5x7y9zabcde --reason "sold by mistake"',
    'realms pay refund pay_01jd0 --amount 5.00 --reason "half of it did not work"',
  ],
  args: { payment: arg('number or id of the order, or id of the payment where it has several') },
  flags: { amount: text('AMOUNT', 'in the currency of the payment; all that is left unless given') },
  run: async (context, { args, flags }) => {
    const reason = requireReason(context);
    await context.confirm(`Send ${flags.amount ?? 'all that is left'} of ${args.payment} back to the payer?`);
    const { createRefund } = await import('../../../core/contract/index.ts');
    const body = { of: args.payment, reason, ...given({ amount: flags.amount }) };
    const refund = await (await context.client()).call(createRefund, { body }, { slow: true });
    const isOpen = refund.state !== 'succeeded' && refund.state !== 'failed';
    return showRefund(refund, isOpen ? [`see what becomes of it with: realms pay show ${refund.id}`] : []);
  },
});

export const listRefunds = leaf({
  name: 'refunds',
  about: 'list refunds, newest first',
  examples: ['realms pay refunds', 'realms pay refunds --state unknown'],
  flags: { state: choice(REFUND_STATES, 'only these'), ...PAGE_FLAGS },
  run: async (context, { flags }) => {
    const { listRefunds } = await import('../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given({ state: flags.state }) };
    return list(await (await context.client()).call(listRefunds, { query }), REFUND_COLUMNS, 'no refunds');
  },
});

export const settleRefund = leaf({
  name: 'settle-refund',
  about: 'say what became of a refund of which nobody knows whether the provider did it',
  examples: ['realms pay settle-refund rfd_01jd0 --outcome succeeded --reason "it is on the statement"'],
  args: { refund: arg('id of the refund') },
  flags: { outcome: required(choice(['succeeded', 'failed'] as const, 'whether the money went back')) },
  run: async (context, { args, flags }) => {
    const reason = requireReason(context);
    await context.confirm(`Take it as certain that the refund ${args.refund} has ${flags.outcome}?`);
    const { settleRefund } = await import('../../../core/contract/index.ts');
    const body = { outcome: flags.outcome, reason };
    return showRefund(await (await context.client()).call(settleRefund, { params: args, body }));
  },
});

function requireReason(context: Context): string {
  if (context.flags.reason !== undefined) return context.flags.reason;
  throw wrongUsage('--reason is missing', 'why, for the books and the audit log');
}
