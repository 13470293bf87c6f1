import type { FakeOrder } from './books.ts';
import type { FakeAnswer } from './manner.ts';
import { by, type Gateway, rowOf } from './pages-v1.ts';
import { type FakeEpayKeys, type Form, signRsa, verifyRsa } from './php.ts';

const TOLERANCE_S = 300;

export interface GatewayV2 extends Gateway {
  readonly keys: FakeEpayKeys;
}

/** api/pay/submit up to the order. */
export function submitV2(gateway: GatewayV2, form: Form): FakeOrder | string {
  const fault = faultOf(gateway, form);
  return fault ?? gateway.books.submit(form, 'v2');
}

/** Everything but the page. What is granted is signed; refusals are not. */
export function apiV2(gateway: GatewayV2, path: string, form: Form): FakeAnswer {
  const fault = faultOf(gateway, form);
  if (fault !== undefined) return { code: -1, msg: fault };
  const answer = answerV2(gateway, path, form);
  return typeof answer === 'string' ? { code: -1, msg: answer } : signedAnswer(gateway, { code: 0, ...answer });
}

function faultOf(gateway: GatewayV2, form: Form): string | undefined {
  if (gateway.merchants[form['pid'] ?? ''] === undefined) return '商户不存在！';
  const age = gateway.now() / 1_000 - Number(form['timestamp'] ?? 0);
  if (!(Math.abs(age) <= TOLERANCE_S)) return '请求时间戳不正确';
  if (form['sign_type'] !== 'RSA' || !verifyRsa(form, gateway.keys.merchantPublicKey)) return 'RSA签名校验失败';
  return undefined;
}

function answerV2(gateway: GatewayV2, path: string, form: Form): FakeAnswer | string {
  if (path === 'api/pay/create') return createV2(gateway, form);
  if (path === 'api/merchant/orders') return ordersV2(gateway, form);
  if (path === 'api/pay/refundquery') return refundQueryV2(gateway, form);
  const order = gateway.books.find(form['pid'] ?? '', by(form));
  if (!order) return '订单号不存在';
  if (path === 'api/pay/query') return queryV2(gateway, order);
  if (path === 'api/pay/refund') return refundV2(gateway, order, form);
  if (path !== 'api/pay/close') return 'No Act!';
  if (order.status !== 0) return '只能关闭未支付的订单';
  order.isClosed = true;
  return { msg: '关闭成功' };
}

function createV2(gateway: GatewayV2, form: Form): FakeAnswer | string {
  for (const name of ['method', 'type', 'clientip']) if (!form[name]) return `${name}不能为空`;
  const { placing } = gateway.manner;
  if (placing === 'captcha') return '本次支付需要安全验证，请使用跳转支付接口发起支付';
  const order = gateway.books.submit(form, 'v2');
  if (typeof order === 'string') return order;
  const page = `pay/submit/${order.tradeNo}/`;
  const ways = {
    payurl: { pay_type: 'jump', pay_info: gateway.url + page },
    relative: { pay_type: 'jump', pay_info: `/${page}` },
    app: { pay_type: 'jump', pay_info: `weixin://dl/business/?t=${order.tradeNo}` },
    qrcode: { pay_type: 'qrcode', pay_info: `https://qr.alipay.com/${order.tradeNo}` },
    urlscheme: { pay_type: 'urlscheme', pay_info: `weixin://dl/business/?t=${order.tradeNo}` },
    html: { pay_type: 'html', pay_info: '<form></form>' },
  };
  return { trade_no: order.tradeNo, ...ways[placing] };
}

function queryV2({ manner }: GatewayV2, order: FakeOrder): FakeAnswer {
  const isPart = order.status === 1 && Number(order.refundMoney) > 0;
  return { ...rowOf(order, manner), ...(isPart && { refundmoney: order.refundMoney }), clientip: order.clientIp };
}

function ordersV2({ books, manner }: GatewayV2, form: Form): FakeAnswer {
  const offset = manner.ignoresOffset ? 0 : Number(form['offset'] ?? 0);
  const newest = books.orders.filter(({ pid }) => pid === form['pid']).sort((a, b) => (a.tradeNo < b.tradeNo ? 1 : -1));
  const rows = newest.slice(offset, offset + Math.min(Number(form['limit'] ?? 10), manner.rowsMax));
  return { data: rows.map((order) => ({ ...rowOf(order, manner), refundmoney: order.refundMoney })) };
}

function refundV2({ books, manner }: GatewayV2, order: FakeOrder, form: Form): FakeAnswer | string {
  if (!manner.refundAllowed) return '商户未开启订单退款API接口';
  const wish = { outRefundNo: form['out_refund_no'] ?? '', isDone: !manner.refundLater };
  const refund = books.refund(order, form['money'] ?? '', wish);
  if (typeof refund === 'string') return refund;
  const { refundNo, outRefundNo, money } = refund;
  return { refund_no: refundNo, out_refund_no: outRefundNo, trade_no: order.tradeNo, money, reducemoney: money };
}

function refundQueryV2({ books }: GatewayV2, form: Form): FakeAnswer | string {
  const mine = books.orders.filter(({ pid }) => pid === form['pid']).flatMap((order) => order.refunds);
  const refund = mine.find(({ outRefundNo }) => outRefundNo === form['out_refund_no']);
  if (!refund) return '退款记录不存在';
  const { refundNo, outRefundNo, money, isDone } = refund;
  return { refund_no: refundNo, out_refund_no: outRefundNo, money, status: isDone ? 1 : 0 };
}

function signedAnswer({ keys, now }: GatewayV2, answer: FakeAnswer): FakeAnswer {
  const timed = { ...answer, timestamp: String(Math.floor(now() / 1_000)), sign_type: 'RSA' };
  // Lists are not signed, and null is as empty as ''.
  const plain = Object.entries(timed).filter(([, value]) => value !== null && typeof value !== 'object');
  return {
    ...timed,
    sign: signRsa(Object.fromEntries(plain.map(([k, v]) => [k, String(v)])), keys.platformPrivateKey),
  };
}
