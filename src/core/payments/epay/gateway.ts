import { DAY_MS, type EpochMs, epochMs } from '../../time.ts';
import type { RefundAnswer } from '../provider.ts';
import type { Fields } from './form-fields.ts';
import { type Answer, textAt } from './gateway-answer.ts';
import { GatewayTrouble } from './gateway-call.ts';
import { parseYuan } from './yuan.ts';

/** What a gateway can do, whichever protocol it speaks. Everything here throws GatewayTrouble when no answer can be used. */
export interface EpayGateway {
  /** Signed here; nothing is asked. */
  submitUrl(form: Fields): SubmitUrl;
  /** Makes the order from here and gives what the payer needs. */
  place(form: Fields): Promise<PlacedOrder>;
  /** Null when the gateway says that there is no such order. */
  askOrder(reference: string): Promise<GatewayOrder | null>;
  /** At most one call that can move money. */
  refund(wish: RefundWish): Promise<RefundAnswer>;
  /** What became of a refund; null when the gateway knows of none. */
  findRefund(wish: RefundWish): Promise<RefundAnswer | null>;
  /** Ends an order that nobody has paid, where the protocol can. */
  close(reference: string): Promise<void>;
  /** Up to PAGE_ROWS orders, newest first. Gateways go by the offset, their documentation by the page's number from 1. */
  page(offset: number, number: number): Promise<readonly GatewayOrder[]>;
}

export interface SubmitUrl {
  readonly url: string;
  /** A V2 gateway takes it for five minutes; null: for ever. */
  readonly validUntil: EpochMs | null;
}

export interface PlacedOrder {
  readonly tradeNo: string;
  /** As the gateway gave it: may be empty or relative. */
  readonly payUrl: string;
  readonly qrText: string;
}

export interface RefundWish {
  readonly reference: string;
  readonly tradeNo: string;
  readonly amountFen: number;
  readonly refundKey: string;
}

export interface GatewayOrder {
  readonly tradeNo: string;
  readonly reference: string;
  readonly pid: string;
  readonly type: string;
  readonly status: string;
  /** Undefined when it cannot be read. */
  readonly moneyFen: number | undefined;
  /** Null when the gateway only says that something was refunded. */
  readonly refundedFen: number | null;
  readonly addedAt: EpochMs | undefined;
  readonly endedAt: EpochMs | undefined;
}

/** Codes of an order; there is no other way in which refunds and frozen payments show. */
export const ORDER_STATUS = { unpaid: '0', paid: '1', refunded: '2', frozen: '3', authorised: '4' } as const;

export const PAGE_ROWS = 50;
/** Gateways delete what was not paid for this long. */
export const UNPAID_LIFE_MS = DAY_MS;
/** What gateways make ids of. */
export const TRADE_NO = /^[A-Za-z0-9_.-]{1,64}$/;

const NO_SUCH_ORDER = /不存在|未找到|没有找到|无此|not\s+(?:found|exist)/i;
/** A wrong merchant or key "does not exist" in the same words, and says nothing about the order. */
const ABOUT_MERCHANT = /商户|密钥|签名|merchant|key|sign/i;

/** True when the refusal is about the order: it is not there. */
export function isNoSuchOrder(answer: Answer): boolean {
  const message = textAt(answer, 'msg');
  return NO_SUCH_ORDER.test(message) && !ABOUT_MERCHANT.test(message);
}

/** @param refundedFully what status 2 means where no amount stands beside it: everything (V2), or unknown (V1). */
export function gatewayOrder(answer: Answer, refundedFully: boolean): GatewayOrder {
  const moneyFen = parseYuan(textAt(answer, 'money'));
  const status = textAt(answer, 'status');
  const refundedFen = parseYuan(textAt(answer, 'refundmoney')) ?? 0;
  const unsaid = refundedFully ? (moneyFen ?? null) : null;
  return {
    tradeNo: textAt(answer, 'trade_no'),
    reference: textAt(answer, 'out_trade_no'),
    pid: textAt(answer, 'pid'),
    type: textAt(answer, 'type'),
    status,
    moneyFen,
    refundedFen: refundedFen === 0 && status === ORDER_STATUS.refunded ? unsaid : refundedFen,
    addedAt: instantOf(textAt(answer, 'addtime')),
    endedAt: instantOf(textAt(answer, 'endtime')),
  };
}

/** @throws GatewayTrouble when the gateway answered about something else than it was asked. */
export function sameOrder(order: GatewayOrder, reference: string, pid: string): GatewayOrder {
  const isSame = order.reference === reference && (order.pid === '' || order.pid === pid);
  if (!isSame) throw new GatewayTrouble('answered about another order', true);
  return order;
}

export function failed(reason: string): RefundAnswer {
  return { state: 'failed', reason };
}

/** Gateways write the time of China, without saying so. */
function instantOf(text: string): EpochMs | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)$/.exec(text.trim());
  const at = match ? Date.parse(`${match[1]}T${match[2]}+08:00`) : Number.NaN;
  return Number.isNaN(at) ? undefined : epochMs(at);
}
