import type { Node } from '../../command.ts';
import { channelBranch } from './channel/index.ts';
import { listInbox, replayCallback, showPayment } from './inbox.ts';
import { explainDifference, listDifferences, reconcilePayments } from './reconcile.ts';
import { listRefunds, refundPayment, settleRefund } from './refund.ts';

export const payCommands: readonly Node[] = [
  channelBranch,
  listInbox,
  showPayment,
  replayCallback,
  reconcilePayments,
  listDifferences,
  explainDifference,
  refundPayment,
  listRefunds,
  settleRefund,
];
