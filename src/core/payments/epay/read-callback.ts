import { Failure } from '../../failure.ts';
import type { CallbackReading, PaymentFact, RawCallback } from '../provider.ts';
import { type Fields, parseFields } from './form-fields.ts';
import { type EpayGateway, ORDER_STATUS, TRADE_NO } from './gateway.ts';
import { isFresh } from './gateway-v2.ts';
import type { EpayMerchant } from './merchant.ts';
import { REFERENCE } from './start-payment.ts';
import { parseYuan } from './yuan.ts';

const SUCCESS = 'TRADE_SUCCESS';
/** What decides about money. A value with a separator in it could have been split otherwise when it was signed. */
const GUARDED = new Set(['pid', 'trade_no', 'out_trade_no', 'money', 'type', 'trade_status', 'param']);
/** Shown in the inbox by name only. */
const MASKED = new Set(['sign', 'key']);

/**
 * Reads a callback that the gateway signed for this merchant. The name is not compared: gateways replace it. There is no
 * time in a V1 callback, so an old one reads as well as a new one, and means the same payment.
 * @throws Failure forbidden when it is not authentic; upstream_failed when it had to be confirmed and could not be.
 */
export async function readCallback(
  merchant: EpayMerchant,
  gateway: EpayGateway,
  callback: RawCallback,
): Promise<CallbackReading> {
  const fields = parseFields(formOf(callback));
  checkSignature(merchant, fields, callback);
  refuseAmbiguous(fields);
  const reading = readFields(merchant, fields);
  const fact = reading.facts[0];
  if (fact?.kind === 'paid') await confirm(merchant, gateway, fact);
  return reading;
}

/** GET carries it in the query, POST in the body. One that uses both could show each reader something else. */
function formOf({ method, query, headers, body }: RawCallback): string {
  if (method === 'GET') return query;
  if (query !== '') throw refuse('it has a query and a form');
  const type = headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\b/i.test(type)) throw refuse('its body is no form');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    throw refuse('its body is not UTF-8', error);
  }
}

function checkSignature({ settings, signer }: EpayMerchant, fields: Fields, callback: RawCallback): void {
  const sign = fields.get('sign') ?? '';
  if (sign === '') throw refuse('it has no signature');
  const signType = fields.get('sign_type') ?? signer.signType;
  if (signType.toUpperCase() !== signer.signType) throw refuse('it is signed in another way than the channel uses');
  if (!signer.verify(fields, sign)) throw refuse('its signature does not match');
  if (settings.protocol === 'v2' && !isFresh(fields.get('timestamp') ?? '', callback.receivedAt)) {
    throw refuse('it was not signed just now');
  }
}

/**
 * Values are signed unencoded, so `name=A&param=x` is the text of two fields or of one. A boundary can only be moved where
 * a value holds `&`, which no value of ours and none of the gateway's own does.
 */
function refuseAmbiguous(fields: Fields): void {
  for (const [name, value] of fields) {
    const separators = GUARDED.has(name) ? /[&=]/ : /&/;
    if (separators.test(value)) throw refuse(`its field ${name} holds a separator`);
  }
}

function readFields({ settings }: EpayMerchant, fields: Fields): CallbackReading {
  const field = (name: string) => fields.get(name) ?? '';
  // The platform's key of V2 signs for every merchant there.
  if (field('pid') !== settings.pid) throw refuse('it is for another merchant');
  const [reference, tradeNo, status, method] = ['out_trade_no', 'trade_no', 'trade_status', 'type'].map(field);
  if (!reference || !REFERENCE.test(reference)) throw refuse('its out_trade_no is none of ours');
  if (!tradeNo || !TRADE_NO.test(tradeNo)) throw refuse('its trade_no cannot be read');
  if (!status || !/^[A-Za-z_]{1,32}$/.test(status)) throw refuse('its trade_status cannot be read');
  if (!/^\w{0,32}$/.test(method ?? '')) throw refuse('its type cannot be read');
  const amountMinor = parseYuan(field('money'));
  if (amountMinor === undefined || amountMinor === 0) throw refuse('its money is no exact amount');
  const fact: PaymentFact =
    status === SUCCESS
      ? {
          kind: 'paid',
          reference,
          paymentRef: tradeNo,
          amountMinor,
          currency: 'CNY',
          method: method ?? '',
          subscriptionRef: null,
        }
      : { kind: 'ignored', why: `trade_status is ${status}` };
  // With the status in it, a callback about something else never stands in the way of the one about the payment.
  return { eventKey: `${tradeNo}:${status}`, type: status, facts: [fact], shown: showFields(fields) };
}

/** A valid signature says that the gateway, or whoever has the key, sent it; its own books say that somebody paid. */
async function confirm(
  { settings }: EpayMerchant,
  gateway: EpayGateway,
  fact: Extract<PaymentFact, { kind: 'paid' }>,
): Promise<void> {
  const { verifyByQuery, verifyAboveFen } = settings;
  const isNeeded = verifyByQuery === 'always' || (verifyByQuery === 'above' && fact.amountMinor > verifyAboveFen);
  if (!isNeeded) return;
  const order = await gateway.askOrder(fact.reference);
  if (order === null) throw refuse('the gateway knows no such order');
  if (order.status !== ORDER_STATUS.paid) throw refuse('the gateway says that the order is not paid');
  if (order.moneyFen !== fact.amountMinor) throw refuse('the gateway says another amount');
  if (order.tradeNo !== fact.paymentRef) throw refuse('the gateway says another trade_no');
}

function showFields(fields: Fields): string {
  const shown = [...fields].map(([name, value]) => [name, MASKED.has(name) ? '…' : value] as const);
  return JSON.stringify(Object.fromEntries(shown));
}

function refuse(why: string, cause?: unknown): Failure {
  return new Failure('forbidden', `the callback is not authentic: ${why}`, cause);
}
