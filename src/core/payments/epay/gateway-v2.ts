import { type Clock, epochMs, SECOND_MS } from '../../time.ts';
import type { RefundAnswer } from '../provider.ts';
import type { Fields } from './form-fields.ts';
import {
  type EpayGateway,
  failed,
  gatewayOrder,
  isNoSuchOrder,
  PAGE_ROWS,
  type RefundWish,
  sameOrder,
} from './gateway.ts';
import { type Answer, rowsAt, signedFields, textAt } from './gateway-answer.ts';
import { addressOf, callGateway, type EpayLimits, GatewayTrouble, messageOf, troubleOf } from './gateway-call.ts';
import type { EpayMerchant } from './merchant.ts';
import { formatYuan } from './yuan.ts';

const SUCCEEDED = '0';
const REFUND_DONE = '1';
const TOLERANCE_MS = 300 * SECOND_MS;

/** True when a signed instant, in seconds, is near enough to be no replay. */
export function isFresh(timestamp: string, nowMs: number): boolean {
  return /^\d{10}$/.test(timestamp) && Math.abs(Number(timestamp) * SECOND_MS - nowMs) <= TOLERANCE_MS;
}

/** Both sides sign with RSA, and every question and answer carries its time. */
export function gatewayV2(merchant: EpayMerchant, limits: EpayLimits, clock: Clock): EpayGateway {
  const { signer, settings } = merchant;

  function signed(form: Fields): Fields {
    const timed = new Map([...form, ['timestamp', String(Math.floor(clock.now() / SECOND_MS))]]);
    return timed.set('sign', signer.sign(timed)).set('sign_type', signer.signType);
  }

  /** Gateways sign what they grant; refusals come unsigned and are believed no further than that nothing was done. */
  async function ask(path: string, fields: readonly (readonly [string, string])[]): Promise<Answer> {
    const form = signed(new Map([['pid', settings.pid], ...fields]));
    const answer = await callGateway(merchant, limits, { method: 'POST', path, form });
    if (textAt(answer, 'code') !== SUCCEEDED) return answer;
    const isAuthentic =
      signer.verify(signedFields(answer), textAt(answer, 'sign')) && isFresh(textAt(answer, 'timestamp'), clock.now());
    if (!isAuthentic) throw new GatewayTrouble('gave an answer that the platform has not signed just now', true);
    return answer;
  }

  async function askOnly(path: string, fields: readonly (readonly [string, string])[]): Promise<Answer> {
    const answer = await ask(path, fields);
    if (textAt(answer, 'code') !== SUCCEEDED) throw new GatewayTrouble(messageOf(merchant, answer), true);
    return answer;
  }

  /** Some gateways only accept a refund first, so it has succeeded when the question about it says so. */
  async function refund(wish: RefundWish): Promise<RefundAnswer> {
    const answer = await ask('api/pay/refund', [
      ['trade_no', wish.tradeNo],
      ['money', formatYuan(wish.amountFen)],
      ['out_refund_no', wish.refundKey],
    ]).catch(troubleOf);
    if (answer instanceof GatewayTrouble) {
      if (!answer.mayHaveArrived) return failed(answer.message);
      const found = await findRefund(wish);
      return found?.state === 'succeeded' ? found : { state: 'unknown', reason: answer.message };
    }
    const code = textAt(answer, 'code');
    if (code === '') return { state: 'unknown', reason: 'the gateway answered without a code' };
    if (code !== SUCCEEDED) return failed(`the gateway ${messageOf(merchant, answer)}`);
    const found = await findRefund(wish);
    return found?.state === 'succeeded' ? found : { state: 'pending', refundRef: textAt(answer, 'refund_no') || null };
  }

  async function findRefund({ refundKey }: RefundWish): Promise<RefundAnswer | null> {
    const answer = await ask('api/pay/refundquery', [['out_refund_no', refundKey]]).catch(troubleOf);
    if (answer instanceof GatewayTrouble) return { state: 'unknown', reason: answer.message };
    if (textAt(answer, 'code') !== SUCCEEDED) {
      return isNoSuchOrder(answer) ? null : { state: 'unknown', reason: `the gateway ${messageOf(merchant, answer)}` };
    }
    // Anything but done may still be under way: gateways do not agree on what 0 means.
    const state = textAt(answer, 'status') === REFUND_DONE ? 'succeeded' : 'pending';
    return { state, refundRef: textAt(answer, 'refund_no') || null };
  }

  return {
    submitUrl: (form) => ({
      url: addressOf(merchant, 'api/pay/submit', signed(form)),
      validUntil: epochMs(clock.now() + TOLERANCE_MS),
    }),
    async place(form) {
      const answer = await askOnly('api/pay/create', [...form, ['method', 'web'], ['device', 'pc']]);
      const info = textAt(answer, 'pay_info');
      const kind = textAt(answer, 'pay_type');
      return {
        tradeNo: textAt(answer, 'trade_no'),
        payUrl: kind === 'jump' ? info : '',
        qrText: kind === 'qrcode' ? info : '',
      };
    },
    async askOrder(reference) {
      const answer = await ask('api/pay/query', [['out_trade_no', reference]]);
      if (textAt(answer, 'code') === SUCCEEDED) return sameOrder(gatewayOrder(answer, true), reference, settings.pid);
      if (isNoSuchOrder(answer)) return null;
      throw new GatewayTrouble(messageOf(merchant, answer), true);
    },
    refund,
    findRefund,
    async close(reference) {
      const answer = await ask('api/pay/close', [['out_trade_no', reference]]);
      // What was never opened needs no closing.
      if (textAt(answer, 'code') === SUCCEEDED || isNoSuchOrder(answer)) return;
      throw new GatewayTrouble(messageOf(merchant, answer), true);
    },
    async page(offset) {
      const answer = await askOnly('api/merchant/orders', [
        ['offset', String(offset)],
        ['limit', String(PAGE_ROWS)],
      ]);
      // The rule signs no lists: the rows are as good as the connection, and only ever compared with ours.
      return rowsAt(answer, 'data').map((row) => gatewayOrder(row, true));
    },
  };
}
