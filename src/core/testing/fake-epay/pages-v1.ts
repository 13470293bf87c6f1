import type { Books, FakeOrder } from './books.ts';
import type { FakeAnswer, FakeEpayManner } from './manner.ts';
import { dateText, type Form, floatText, signMd5 } from './php.ts';

/** What the pages of either protocol work with. */
export interface Gateway {
  readonly url: string;
  readonly books: Books;
  readonly manner: FakeEpayManner;
  /** Keys of V1 by merchant. */
  readonly merchants: Readonly<Record<string, string>>;
  now(): number;
}

const NO_MERCHANT = { code: -3, msg: '商户ID不存在' };
const WRONG_KEY = { code: -3, msg: '商户密钥错误' };

/** submit.php and mapi.php up to the order. */
export function submitV1(gateway: Gateway, form: Form): FakeOrder | string {
  const key = gateway.merchants[form['pid'] ?? ''];
  if (key === undefined) return '商户不存在！';
  if (form['sign'] !== signMd5(form, key)) return '签名校验失败，请返回重试！';
  return gateway.books.submit(form, 'v1');
}

/** mapi.php */
export function placeV1(gateway: Gateway, form: Form): FakeAnswer {
  if (gateway.manner.placing === 'captcha') {
    return { code: -1, msg: '本次支付需要安全验证，请使用跳转支付接口发起支付' };
  }
  for (const name of ['type', 'clientip']) if (!form[name]) return { code: -1, msg: `${name}不能为空` };
  const order = submitV1(gateway, form);
  if (typeof order === 'string') return { code: -1, msg: order };
  const { placing } = gateway.manner;
  const page = `pay/submit/${order.tradeNo}/`;
  const ways = {
    payurl: { payurl: gateway.url + page },
    relative: { payurl: `/${page}` },
    app: { payurl: `weixin://dl/business/?t=${order.tradeNo}` },
    qrcode: { qrcode: `weixin://wxpay/bizpayurl?pr=${order.tradeNo}` },
    urlscheme: { urlscheme: `weixin://dl/business/?t=${order.tradeNo}` },
    html: { html: '<form></form>' },
  };
  return { code: 1, trade_no: order.tradeNo, ...ways[placing] };
}

/** api.php: the key is in the address, or in the form of a refund. */
export function apiV1(gateway: Gateway, query: Form, post: Form): FakeAnswer {
  const act = query['act'];
  const given = act === 'refund' ? post : query;
  const key = gateway.merchants[given['pid'] ?? ''];
  if (key === undefined) return NO_MERCHANT;
  if (given['key'] !== key) return WRONG_KEY;
  if (act === 'order') return orderV1(gateway, query);
  if (act === 'orders') return ordersV1(gateway, query);
  if (act === 'refund') return refundV1(gateway, post);
  // It really shows the key.
  if (act === 'query') return { code: 1, pid: query['pid'], key, active: 1, money: '0.00' };
  return { code: -5, msg: 'No Act!' };
}

function orderV1({ books, manner }: Gateway, query: Form): FakeAnswer {
  if (!query['trade_no'] && !query['out_trade_no']) return { code: -4, msg: '订单号不能为空' };
  const order = books.find(query['pid'] ?? '', by(query));
  if (!order) return { code: -1, msg: '订单号不存在' };
  return { code: 1, msg: 'succ', api_trade_no: null, ...rowOf(order, manner), payurl: null };
}

function ordersV1({ books, manner }: Gateway, query: Form): FakeAnswer {
  const limit = Math.min(Number(query['limit'] ?? 10), 50, manner.rowsMax);
  const offset = manner.ignoresOffset ? 0 : Number(query['offset'] ?? 0);
  const mine = books.orders.filter(({ pid }) => pid === query['pid']);
  const newest = mine.sort((a, b) => (a.tradeNo < b.tradeNo ? 1 : -1));
  const rows = newest.slice(offset, offset + limit).map((order) => rowOf(order, manner));
  return { code: 1, msg: '查询订单记录成功！', count: rows.length, data: rows.length === 0 ? null : rows };
}

function refundV1({ books, manner }: Gateway, post: Form): FakeAnswer {
  if (!manner.refundAllowed) return { code: -2, msg: '商户未开启订单退款API接口' };
  const money = (post['money'] ?? '').trim();
  if (!/^[0-9.]+$/.test(money)) return { code: -1, msg: '金额输入错误' };
  const order = books.find(post['pid'] ?? '', by(post));
  if (!order) return { code: -1, msg: '当前订单不存在！' };
  const refund = books.refund(order, money, { outRefundNo: '', isDone: true });
  if (typeof refund === 'string') return { code: -1, msg: refund };
  return { code: manner.refundCode, uid: order.pid, money, reducemoney: money, msg: `退款成功！退款金额￥${money}` };
}

export function by(form: Form): { tradeNo?: string; outTradeNo?: string } {
  return {
    ...(form['trade_no'] && { tradeNo: form['trade_no'] }),
    ...(form['out_trade_no'] && { outTradeNo: form['out_trade_no'] }),
  };
}

/** The columns of an order as both protocols show them. */
export function rowOf(order: FakeOrder, manner: FakeEpayManner): FakeAnswer {
  return {
    trade_no: order.tradeNo,
    out_trade_no: order.outTradeNo,
    type: order.type,
    pid: order.pid,
    addtime: dateText(order.addedAt),
    endtime: order.endedAt === null ? null : dateText(order.endedAt),
    name: order.name,
    money: manner.bareNumbers ? floatText(order.money) : order.money,
    param: order.param === '' ? null : order.param,
    buyer: order.status === 0 ? null : '2088000000000000',
    status: String(order.status),
  };
}
