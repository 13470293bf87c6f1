import { dateText, decimalText, type Form, htmlspecialchars } from './php.ts';

/** 0 unpaid, 1 paid, 2 refunded, 3 frozen, 4 authorised only. */
export type FakeOrderStatus = 0 | 1 | 2 | 3 | 4;

export interface FakeRefund {
  readonly refundNo: string;
  readonly outRefundNo: string;
  readonly money: string;
  isDone: boolean;
}

/** A row of the gateway's table of orders. */
export interface FakeOrder {
  readonly tradeNo: string;
  readonly outTradeNo: string;
  readonly pid: string;
  readonly protocol: 'v1' | 'v2';
  type: string;
  readonly name: string;
  /** With two decimals. */
  readonly money: string;
  readonly notifyUrl: string;
  readonly returnUrl: string;
  readonly param: string;
  readonly clientIp: string;
  readonly addedAt: number;
  endedAt: number | null;
  status: FakeOrderStatus;
  refundMoney: string;
  readonly refunds: FakeRefund[];
  isClosed: boolean;
  /** Callbacks that were not acknowledged; 0: none is due, -1: it has given up. */
  notify: number;
  notifyAt: number | null;
}

const REPEAT_MS = 864_000_000;
const UNPAID_MS = 86_400_000;

/** The gateway's database, with its rules. What is refused is a text, in the gateway's own words. */
export class Books {
  readonly orders: FakeOrder[] = [];
  readonly #now: () => number;
  #serial = 10_000;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes an order, or the same one again within ten days; after that the same number makes a second order. */
  submit(form: Form, protocol: 'v1' | 'v2'): FakeOrder | string {
    const at = (name: string) => form[name] ?? '';
    for (const name of ['out_trade_no', 'notify_url', 'name', 'money']) {
      if (at(name) === '') return `${name}不能为空`;
    }
    if (!/^[0-9.]+$/.test(at('money')) || !(Number(at('money')) > 0)) return '金额不合法';
    if (!/^[a-zA-Z0-9._\-|]+$/.test(at('out_trade_no'))) return '订单号(out_trade_no)格式不正确';
    const wanted = this.#row(form, protocol);
    const old = this.find(wanted.pid, { outTradeNo: wanted.outTradeNo });
    if (old === undefined || this.#now() - old.addedAt >= REPEAT_MS) {
      this.orders.push(wanted);
      return wanted;
    }
    if (old.isClosed) return '该订单已关闭';
    if (old.status > 0) return `该订单(${old.outTradeNo})已完成支付，请勿重复发起支付`;
    const isSame = (['money', 'name', 'notifyUrl', 'returnUrl', 'param'] as const).every((k) => old[k] === wanted[k]);
    if (!isSame) return `该订单(${old.outTradeNo})支付参数有变化，请更换订单号重新发起支付`;
    if (wanted.type !== '') old.type = wanted.type;
    return old;
  }

  /** The number of the gateway wins when both are given. MySQL does not tell capitals from small letters. */
  find(pid: string, by: { tradeNo?: string; outTradeNo?: string }): FakeOrder | undefined {
    const mine = this.orders.filter((order) => order.pid === pid);
    if (by.tradeNo) return mine.find(({ tradeNo }) => tradeNo === by.tradeNo);
    return mine.find(({ outTradeNo }) => outTradeNo.toLowerCase() === by.outTradeNo?.toLowerCase());
  }

  pay(order: FakeOrder): void {
    if (order.isClosed) throw new Error(`order ${order.outTradeNo} is closed`);
    if (order.status !== 0) return;
    order.status = 1;
    order.endedAt = this.#now();
    if (order.type === '') order.type = 'alipay';
  }

  /** V1 makes an order refunded by any refund; V2 counts, and knows a refund again by its number. */
  refund(order: FakeOrder, money: string, wish: { outRefundNo: string; isDone: boolean }): FakeRefund | string {
    const known = order.refunds.find(({ outRefundNo }) => wish.outRefundNo !== '' && outRefundNo === wish.outRefundNo);
    if (known) return known;
    if (order.status !== 1 && order.status !== 3) return '只支持退款已支付状态的订单';
    const total = Number(order.refundMoney) + Number(money);
    if (!(Number(money) > 0) || total > Number(order.money)) return '退款金额不能大于订单金额';
    order.refundMoney = decimalText(String(total));
    if (order.protocol === 'v1' || total === Number(order.money)) order.status = 2;
    const refundNo = `R${this.#nextNo()}`;
    const refund = { refundNo, outRefundNo: wish.outRefundNo, money: decimalText(money), isDone: wish.isDone };
    order.refunds.push(refund);
    return refund;
  }

  /** The daily clean-up: what was not paid for a day is gone. */
  purge(): void {
    const kept = this.orders.filter(({ status, addedAt }) => status !== 0 || this.#now() - addedAt <= UNPAID_MS);
    this.orders.splice(0, this.orders.length, ...kept);
  }

  #row(form: Form, protocol: 'v1' | 'v2'): FakeOrder {
    const text = (name: string) => form[name] ?? '';
    return {
      tradeNo: this.#nextNo(),
      outTradeNo: text('out_trade_no'),
      pid: text('pid'),
      protocol,
      type: text('type'),
      name: Buffer.from(htmlspecialchars(text('name')))
        .subarray(0, 127)
        .toString('utf8'),
      money: decimalText(text('money')),
      notifyUrl: htmlspecialchars(text('notify_url')),
      returnUrl: htmlspecialchars(text('return_url')),
      param: htmlspecialchars(text('param')),
      clientIp: text('clientip'),
      addedAt: this.#now(),
      endedAt: null,
      status: 0,
      refundMoney: '0.00',
      refunds: [],
      isClosed: false,
      notify: 0,
      notifyAt: null,
    };
  }

  /** Nineteen digits that begin with the time, so that they sort by it. */
  #nextNo(): string {
    this.#serial += 1;
    return `${dateText(this.#now()).replace(/\D/g, '')}${this.#serial}`;
  }
}
