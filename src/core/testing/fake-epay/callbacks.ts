import type { FakeOrder } from './books.ts';
import type { GatewayV2 } from './pages-v2.ts';
import { buildQuery, dateText, type Form, floatText, signMd5, signRsa } from './php.ts';

/** What is bent in a callback. */
export interface CallbackChanges {
  /** Laid over the fields before they are signed: what a careless or a strange gateway would say. */
  readonly fields?: Form;
  /** Laid over after signing: what an attacker changes. */
  readonly tamper?: Form;
  /** Signs with this key of V1 instead of the merchant's; '' is what an attacker tries first. */
  readonly key?: string;
  readonly method?: 'GET' | 'POST';
  /** Sent there instead of to the order's own address. */
  readonly to?: string;
}

/** A callback ready to be sent; `to` has no query of ours yet. */
export interface FakeCallback {
  readonly to: string;
  readonly method: 'GET' | 'POST';
  readonly form: string;
}

export interface Delivery extends FakeCallback {
  readonly at: number;
  readonly status: number;
  readonly body: string;
  /** The body holds one of three spellings of the word, wherever; the status does not matter. */
  readonly acked: boolean;
  readonly error: string | null;
}

const ANSWER_TIMEOUT_MS = 10_000;
const SECOND_MS = 1_000;

/** The callback of an order as the gateway makes it, whether or not it is paid. */
export function callbackOf(gateway: GatewayV2, order: FakeOrder, changes: CallbackChanges = {}): FakeCallback {
  const signed = signForm(gateway, order, { ...fieldsOf(gateway, order), ...changes.fields }, changes.key);
  return {
    to: changes.to ?? order.notifyUrl,
    method: changes.method ?? gateway.manner.callbackMethod,
    form: buildQuery({ ...signed, ...changes.tamper }),
  };
}

/**
 * Two forms with one signature, because values are signed unencoded: the gateway signed the first, for the cheap order,
 * and the second reads as paid for the other one.
 */
export function collisionOf(gateway: GatewayV2, cheap: FakeOrder, other: FakeOrder): readonly [Form, Form] {
  const plain = fieldsOf(gateway, cheap);
  const genuine = { ...plain, name: `${plain['name']}&out_trade_no=${other.outTradeNo}&param=x` };
  const { sign = '', sign_type = '' } = signForm(gateway, cheap, genuine);
  const forged = { ...plain, out_trade_no: other.outTradeNo, param: `x&out_trade_no=${cheap.outTradeNo}` };
  return [
    { ...genuine, sign, sign_type },
    { ...forged, sign, sign_type },
  ];
}

/** Sends it as it is. Redirects are not followed. */
export async function sendCallback(callback: FakeCallback, at: number): Promise<Delivery> {
  const { to, method, form } = callback;
  const isGet = method === 'GET';
  const url = isGet ? `${to}${to.includes('?') ? '&' : '?'}${form}` : to;
  try {
    const answer = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      ...(!isGet && { body: form, headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    });
    const body = await answer.text();
    const acked = ['success', 'SUCCESS', 'Success'].some((word) => body.includes(word));
    return { ...callback, at, status: answer.status, body, acked, error: null };
  } catch (error) {
    return { ...callback, at, status: 0, body: '', acked: false, error: String(error) };
  }
}

function fieldsOf({ manner, now }: GatewayV2, order: FakeOrder): Record<string, string> {
  const basic = {
    pid: order.pid,
    trade_no: order.tradeNo,
    out_trade_no: order.outTradeNo,
    type: order.type === '' ? 'alipay' : order.type,
    name: manner.nameAsProduct ? 'product' : order.name,
    money: floatText(order.money),
    trade_status: 'TRADE_SUCCESS',
    ...(order.param !== '' && { param: order.param }),
  };
  if (order.protocol === 'v1') return basic;
  return {
    ...basic,
    api_trade_no: `2026${order.tradeNo}`,
    buyer: '2088000000000000',
    addtime: dateText(order.addedAt),
    endtime: dateText(order.endedAt ?? now()),
    timestamp: String(Math.floor(now() / SECOND_MS)),
  };
}

function signForm(gateway: GatewayV2, order: FakeOrder, form: Form, key?: string): Form {
  if (order.protocol === 'v2') {
    return { ...form, sign: signRsa(form, gateway.keys.platformPrivateKey), sign_type: 'RSA' };
  }
  const signedWith = key ?? gateway.merchants[order.pid] ?? '';
  return { ...form, sign: signMd5(form, signedWith), sign_type: 'MD5' };
}
