import { once } from 'node:events';
import type { Server } from 'node:http';
import { Books, type FakeOrder } from './fake-epay/books.ts';
import {
  type CallbackChanges,
  callbackOf,
  collisionOf,
  type Delivery,
  type FakeCallback,
  sendCallback,
} from './fake-epay/callbacks.ts';
import { type FakeEpayAct, type FakeEpayFault, type FakeEpayManner, USUAL_MANNER } from './fake-epay/manner.ts';
import type { GatewayV2 } from './fake-epay/pages-v2.ts';
import { buildQuery, decimalText, type FakeEpayKeys, makeKeys } from './fake-epay/php.ts';
import { type FakeEpayClock, Retries } from './fake-epay/retries.ts';
import { type FakeEpayCall, openDoor, serveDoor } from './fake-epay/server.ts';

export type { FakeOrder } from './fake-epay/books.ts';
export type { CallbackChanges, Delivery, FakeCallback } from './fake-epay/callbacks.ts';
export type { FakeEpayAct, FakeEpayFault, FakeEpayManner } from './fake-epay/manner.ts';
export type { FakeEpayKeys } from './fake-epay/php.ts';
export type { FakeEpayClock } from './fake-epay/retries.ts';
export type { FakeEpayCall } from './fake-epay/server.ts';

export interface FakeEpayOptions {
  /** A free one unless given. */
  readonly port?: number;
  /** `epay` serves below `/epay/`; at the root unless given. */
  readonly subPath?: string;
  /** The machine's own, from which `advance` goes forward, unless given. */
  readonly clock?: FakeEpayClock;
  /** Merchants of V1 with their keys; `{ '1001': … }` unless given. */
  readonly merchants?: Readonly<Record<string, string>>;
  /** The RSA keys of V2, which take a moment to make; made when asked for. */
  readonly keys?: FakeEpayKeys;
}

/** What can be done with a gateway from outside, in this process or another. */
export interface FakeEpayVerbs {
  orders(): Promise<readonly FakeOrder[]>;
  /** @throws when there is none. */
  order(outTradeNo: string): Promise<FakeOrder>;
  /** Opens a page as the payer's browser does, and gives the order that it shows. @throws with what the page says instead. */
  open(payUrl: string): Promise<FakeOrder>;
  /** The payer pays. Unless it is lost on the way, the callback is sent at once; what nobody acknowledges is repeated. */
  pay(outTradeNo: string, options?: { readonly lost?: boolean }): Promise<Delivery | null>;
  /** Sends a callback now, whatever the order's state; it changes nothing in the gateway. */
  deliver(outTradeNo: string, changes?: CallbackChanges): Promise<Delivery>;
  /** The same callback so many times at once, to all addresses in turn. */
  deliverMany(outTradeNo: string, times: number, to?: readonly string[]): Promise<readonly Delivery[]>;
  /** A callback without sending it. */
  callback(outTradeNo: string, changes?: CallbackChanges): Promise<FakeCallback>;
  /** Sends any form to any address, signed by nobody. */
  send(callback: FakeCallback): Promise<Delivery>;
  /** A form that the gateway signed for the first order and one with the same signature that names the second. */
  collide(cheap: string, other: string): Promise<{ readonly genuine: string; readonly forged: string }>;
  /** By hand on the gateway's own pages: nobody is told. Everything unless an amount is given. */
  refundByHand(outTradeNo: string, money?: string): Promise<void>;
  setStatus(outTradeNo: string, status: FakeOrder['status']): Promise<void>;
  /** V2: does the refunds that were only taken. */
  settleRefunds(): Promise<void>;
  /** Turns the clock: repeats callbacks that fall due and deletes what was not paid for a day. */
  advance(ms: number): Promise<void>;
  behave(manner: Partial<FakeEpayManner>): Promise<void>;
  /** The next call of that kind goes wrong; several queue up. */
  failNext(act: FakeEpayAct, fault: FakeEpayFault): Promise<void>;
  /** Every callback that was sent, and what was answered. */
  deliveries(): Promise<readonly Delivery[]>;
  /** Every call that came, optionally of one kind. */
  calls(act?: FakeEpayAct): Promise<readonly FakeEpayCall[]>;
}

export interface FakeEpay extends FakeEpayVerbs {
  /** With a slash at its end. */
  readonly url: string;
  readonly pid: string;
  /** What a channel of V1 needs. */
  readonly key: string;
  /** What a channel of V2 needs; makes the keys when it is first asked for. */
  readonly secretsV2: { readonly private_key: string; readonly platform_public_key: string };
  close(): Promise<void>;
}

const MERCHANTS = { '1001': 'KnJBsTdq6yAXyMsJqA6yRsdHyBBTYbqQ' };

/** A real HTTP server on loopback that behaves like a gateway of 彩虹易支付, with its oddities, its faults and its attackers. */
export async function startFakeEpay(options: FakeEpayOptions = {}): Promise<FakeEpay> {
  const clock = options.clock ?? machineClock();
  const { server, origin } = await openDoor(options.port ?? 0);
  const basePath = options.subPath === undefined ? '/' : `/${options.subPath}/`;
  const merchants = options.merchants ?? MERCHANTS;
  let keys = options.keys;
  const gateway: GatewayV2 = {
    url: origin + basePath,
    books: new Books(() => clock.now()),
    manner: { ...USUAL_MANNER },
    merchants,
    get keys() {
      keys ??= makeKeys();
      return keys;
    },
    now: () => clock.now(),
  };
  const sent: Delivery[] = [];
  const calls: FakeEpayCall[] = [];
  const faults = new Map<FakeEpayAct, FakeEpayFault[]>();
  const verbs = verbsOf(gateway, { clock, sent, calls, faults });
  serveDoor(server, basePath, {
    gateway,
    calls,
    faults,
    stop: () => void server.close(),
    async control(name, args) {
      if (name === 'secretsV2') return secretsOf(gateway.keys);
      const verb = verbs[name as keyof FakeEpayVerbs] as (...given: readonly unknown[]) => Promise<unknown>;
      return await verb(...args);
    },
  });
  const [pid = '', key = ''] = Object.entries(merchants)[0] ?? [];
  return {
    ...verbs,
    url: gateway.url,
    pid,
    key,
    get secretsV2() {
      return secretsOf(gateway.keys);
    },
    close: () => closeServer(server),
  };
}

interface Desk {
  readonly clock: FakeEpayClock;
  readonly sent: Delivery[];
  readonly calls: FakeEpayCall[];
  readonly faults: Map<FakeEpayAct, FakeEpayFault[]>;
}

function verbsOf(gateway: GatewayV2, { clock, sent, calls, faults }: Desk): FakeEpayVerbs {
  const { books } = gateway;
  const retries = new Retries(gateway, clock, (delivery) => sent.push(delivery));
  const order = (outTradeNo: string): FakeOrder => {
    const found = books.orders.find((one) => one.outTradeNo === outTradeNo);
    if (!found) throw new Error(`the fake gateway has no order ${outTradeNo}`);
    return found;
  };
  const send = async (callback: FakeCallback): Promise<Delivery> => {
    const delivery = await sendCallback(callback, clock.now());
    sent.push(delivery);
    return delivery;
  };
  return {
    orders: async () => books.orders,
    order: async (outTradeNo) => order(outTradeNo),
    async open(payUrl) {
      const text = await (await fetch(payUrl)).text();
      const tradeNo = /data-trade-no="(\d+)"/.exec(text)?.[1];
      const found = books.orders.find((one) => one.tradeNo === tradeNo);
      if (!found) throw new Error(`the page shows no order: ${text}`);
      return found;
    },
    async pay(outTradeNo, { lost = false } = {}) {
      const paid = order(outTradeNo);
      books.pay(paid);
      if (!lost) return await retries.send(paid);
      retries.missed(paid);
      return null;
    },
    deliver: async (outTradeNo, changes) => await send(callbackOf(gateway, order(outTradeNo), changes)),
    async deliverMany(outTradeNo, times, to = [order(outTradeNo).notifyUrl]) {
      const callback = callbackOf(gateway, order(outTradeNo));
      const all = Array.from({ length: times }, (_, at) => ({ ...callback, to: to[at % to.length] ?? callback.to }));
      return await Promise.all(all.map(send));
    },
    callback: async (outTradeNo, changes) => callbackOf(gateway, order(outTradeNo), changes),
    send,
    async collide(cheap, other) {
      const [genuine, forged] = collisionOf(gateway, order(cheap), order(other));
      return { genuine: buildQuery(genuine), forged: buildQuery(forged) };
    },
    async refundByHand(outTradeNo, money = order(outTradeNo).money) {
      const refund = books.refund(order(outTradeNo), decimalText(money), { outRefundNo: '', isDone: true });
      if (typeof refund === 'string') throw new Error(refund);
    },
    async setStatus(outTradeNo, status) {
      order(outTradeNo).status = status;
    },
    async settleRefunds() {
      for (const refund of books.orders.flatMap(({ refunds }) => refunds)) refund.isDone = true;
    },
    advance: async (ms) => await retries.advance(ms),
    behave: async (manner) => void Object.assign(gateway.manner, manner),
    failNext: async (act, fault) => void faults.set(act, [...(faults.get(act) ?? []), fault]),
    deliveries: async () => sent,
    calls: async (act) => (act === undefined ? calls : calls.filter((call) => call.act === act)),
  };
}

function secretsOf(keys: FakeEpayKeys): FakeEpay['secretsV2'] {
  return { private_key: keys.merchantPrivateKey, platform_public_key: keys.platformPublicKey };
}

function machineClock(): FakeEpayClock {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    advance(ms) {
      aheadMs += ms;
    },
  };
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
