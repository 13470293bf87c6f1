import { Failure } from '../../failure.ts';
import { invariant } from '../../invariant.ts';
import type { OpenChannel, PaymentProvider, ProviderTools, RefundInput } from '../provider.ts';
import type { EpayGateway, RefundWish } from './gateway.ts';
import { EPAY_LIMITS, type EpayLimits } from './gateway-call.ts';
import { gatewayV1 } from './gateway-v1.ts';
import { gatewayV2 } from './gateway-v2.ts';
import { type EpayMerchant, epayForm, openMerchant } from './merchant.ts';
import { listPayments, paymentTotals, queryPayment } from './query-payment.ts';
import { readCallback } from './read-callback.ts';
import { startPayment } from './start-payment.ts';

/**
 * EPay, in both protocols that gateways speak. Callbacks name paid orders only, and a gateway may never send one, so
 * whoever uses this must also ask.
 */
export function epayProvider({ clock }: ProviderTools, limits: EpayLimits = EPAY_LIMITS): PaymentProvider {
  function open(channel: OpenChannel): { merchant: EpayMerchant; gateway: EpayGateway } {
    const merchant = openMerchant(channel);
    const isV1 = merchant.settings.protocol === 'v1';
    return { merchant, gateway: isV1 ? gatewayV1(merchant, limits) : gatewayV2(merchant, limits, clock) };
  }

  return {
    name: 'epay',
    form: epayForm,
    // A gateway takes any answer that holds the first word anywhere for an acknowledgement, whatever its status.
    answers: { accepted: { status: 200, body: 'success' }, refused: { status: 200, body: 'fail' } },
    currencies: ['CNY'],

    async start(input) {
      const { merchant, gateway } = open(input.channel);
      return await startPayment(merchant, gateway, input);
    },

    async readCallback(channel, callback) {
      const { merchant, gateway } = openForCallback(channel);
      return await readCallback(merchant, gateway, callback);
    },

    async query(channel, attempt) {
      return await queryPayment(open(channel).gateway, attempt, clock.now());
    },

    async refund(input) {
      return await open(input.channel).gateway.refund(wishOf(input));
    },

    async findRefund(input) {
      return await open(input.channel).gateway.findRefund(wishOf(input));
    },

    async totals(channel, payment) {
      return await paymentTotals(open(channel).gateway, payment, clock.now());
    },

    async close(channel, attempt) {
      await open(channel).gateway.close(attempt.reference);
    },

    list: (channel, since) => listPayments(open(channel).gateway, limits.maxPages, since),
  };

  /** Without a key anybody could sign, so a channel that lacks one authenticates nothing. */
  function openForCallback(channel: OpenChannel): ReturnType<typeof open> {
    try {
      return open(channel);
    } catch (error) {
      throw new Failure('forbidden', 'the channel is not complete, so no callback is authentic', error);
    }
  }
}

function wishOf({ attempt, paymentRef, amountMinor, currency, refundKey }: RefundInput): RefundWish {
  invariant(currency === 'CNY' && Number.isSafeInteger(amountMinor) && amountMinor > 0, 'EPay refunds fen');
  return { reference: attempt.reference, tradeNo: paymentRef, amountFen: amountMinor, refundKey };
}
