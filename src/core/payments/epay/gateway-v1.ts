import type { RefundAnswer } from '../provider.ts';
import type { Fields } from './form-fields.ts';
import {
  type EpayGateway,
  failed,
  type GatewayOrder,
  gatewayOrder,
  isNoSuchOrder,
  ORDER_STATUS,
  PAGE_ROWS,
  type RefundWish,
  sameOrder,
} from './gateway.ts';
import { type Answer, rowsAt, textAt } from './gateway-answer.ts';
import { addressOf, callGateway, type EpayLimits, GatewayTrouble, messageOf, troubleOf } from './gateway-call.ts';
import type { EpayMerchant } from './merchant.ts';
import { formatYuan } from './yuan.ts';

const SUCCEEDED = '1';
/** The original gateway says 0 where its documentation says 1; forks say 1. For refunds only. */
const REFUNDED = ['0', '1'];

/** Signs orders with MD5; asks with the key itself. */
export function gatewayV1(merchant: EpayMerchant, limits: EpayLimits): EpayGateway {
  const { signer, settings } = merchant;
  const key = merchant.key?.reveal() ?? '';
  const signed = (form: Fields): Fields =>
    new Map([...form, ['sign', signer.sign(form)], ['sign_type', signer.signType]]);

  async function ask(act: string, fields: readonly (readonly [string, string])[]): Promise<Answer> {
    const query = new Map([['act', act], ['pid', settings.pid], ['key', key], ...fields]);
    return await callGateway(merchant, limits, { method: 'GET', path: 'api.php', query });
  }

  async function askOrder(reference: string): Promise<GatewayOrder | null> {
    const answer = await ask('order', [['out_trade_no', reference]]);
    if (textAt(answer, 'code') === SUCCEEDED) return sameOrder(gatewayOrder(answer, false), reference, settings.pid);
    if (isNoSuchOrder(answer)) return null;
    throw new GatewayTrouble(messageOf(merchant, answer), true);
  }

  /** V1 has no key for a refund, no question about one, and takes only one for each order. */
  async function refund(wish: RefundWish): Promise<RefundAnswer> {
    const before = await askOrder(wish.reference).catch(troubleOf);
    if (before instanceof GatewayTrouble) return failed(`${before.message}; no refund was asked for`);
    if (before === null) return failed('the gateway has no such order');
    if (before.status === ORDER_STATUS.refunded)
      return failed('the gateway has refunded this order before and takes one refund each');
    const answer = await postRefund(wish).catch(troubleOf);
    if (!(answer instanceof GatewayTrouble)) {
      if (REFUNDED.includes(textAt(answer, 'code'))) return { state: 'succeeded', refundRef: null };
      return failed(`the gateway ${messageOf(merchant, answer)}`);
    }
    if (!answer.mayHaveArrived) return failed(answer.message);
    const found = await findRefund(wish);
    return found?.state === 'succeeded' ? found : { state: 'unknown', reason: answer.message };
  }

  async function findRefund({ reference }: RefundWish): Promise<RefundAnswer | null> {
    const order = await askOrder(reference).catch(troubleOf);
    if (order instanceof GatewayTrouble) return { state: 'unknown', reason: order.message };
    return order?.status === ORDER_STATUS.refunded ? { state: 'succeeded', refundRef: null } : null;
  }

  async function postRefund({ tradeNo, amountFen }: RefundWish): Promise<Answer> {
    const form = new Map([
      ['pid', settings.pid],
      ['key', key],
      ['trade_no', tradeNo],
      ['money', formatYuan(amountFen)],
    ]);
    const query = new Map([['act', 'refund']]);
    const answer = await callGateway(merchant, limits, { method: 'POST', path: 'api.php', query, form });
    if (textAt(answer, 'code') === '') throw new GatewayTrouble('answered without a code', true);
    return answer;
  }

  return {
    submitUrl: (form) => ({ url: addressOf(merchant, 'submit.php', signed(form)), validUntil: null }),
    async place(form) {
      const answer = await callGateway(merchant, limits, { method: 'POST', path: 'mapi.php', form: signed(form) });
      if (textAt(answer, 'code') !== SUCCEEDED) throw new GatewayTrouble(messageOf(merchant, answer), true);
      return {
        tradeNo: textAt(answer, 'trade_no'),
        payUrl: textAt(answer, 'payurl'),
        qrText: textAt(answer, 'qrcode'),
      };
    },
    askOrder,
    refund,
    findRefund,
    // An unpaid order of V1 stays open until the gateway deletes it.
    close: async () => undefined,
    async page(offset, number) {
      const answer = await ask('orders', [
        ['limit', String(PAGE_ROWS)],
        ['offset', String(offset)],
        ['page', String(number)],
      ]);
      if (textAt(answer, 'code') !== SUCCEEDED) throw new GatewayTrouble(messageOf(merchant, answer), true);
      return rowsAt(answer, 'data').map((row) => gatewayOrder(row, false));
    },
  };
}
