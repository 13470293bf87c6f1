import { isIP } from 'node:net';
import { Failure } from '../../failure.ts';
import { invariant } from '../../invariant.ts';
import type { StartedPayment, StartInput } from '../provider.ts';
import type { Fields } from './form-fields.ts';
import type { EpayGateway } from './gateway.ts';
import { TRADE_NO } from './gateway.ts';
import type { EpayMerchant } from './merchant.ts';
import { formatYuan } from './yuan.ts';

/** References of ours look so: see `publicNumber`. */
export const REFERENCE = /^[0-9a-z]{26}$/;
const METHOD = /^[a-z0-9_]{0,32}$/i;

/** Gives the payer a page of the gateway. @throws Failure invalid_input, or upstream_failed when the gateway would not. */
export async function startPayment(
  merchant: EpayMerchant,
  gateway: EpayGateway,
  input: StartInput,
): Promise<StartedPayment> {
  const form = orderForm(merchant, input);
  // The same order by the payer's browser: gateways take it again as long as nothing differs.
  const submit = gateway.submitUrl(form);
  const own = { payUrl: submit.url, ...(submit.validUntil !== null && { validUntil: submit.validUntil }) };
  // Without a way to pay there is nothing to place: the payer chooses on the gateway's own page.
  const isPlacedHere = merchant.settings.submitMode === 'mapi' && input.order.method !== '';
  if (!isPlacedHere) return { ...own, qrText: null, providerRef: null };
  const placed = await gateway.place(new Map([...form, ['clientip', checkIp(input.payerIp)]]));
  const page = pageAt(placed.payUrl, merchant);
  return {
    ...(page === undefined ? own : { payUrl: page }),
    qrText: placed.qrText === '' ? null : placed.qrText,
    providerRef: TRADE_NO.test(placed.tradeNo) ? placed.tradeNo : null,
  };
}

/**
 * Nothing in it is a user's free text, because values are signed unencoded: another order's signature could be made of
 * them.
 */
function orderForm({ settings }: EpayMerchant, { order, attempt, notifyUrl, returnUrl }: StartInput): Fields {
  if (order.currency !== 'CNY') throw invalid('currency', 'EPay takes CNY only');
  if (!METHOD.test(order.method)) throw invalid('method', 'this is no way to pay of an EPay gateway');
  invariant(Number.isSafeInteger(order.amountMinor) && order.amountMinor > 0, 'an order has an amount');
  invariant(REFERENCE.test(attempt.reference), 'a reference has 26 small letters and digits');
  // Gateways pass addresses through htmlspecialchars, and append their fields to them.
  invariant(!/[?#&<>"'\s]/.test(notifyUrl + returnUrl), 'the addresses for a gateway have a path and no query');
  const form = new Map([
    ['pid', settings.pid],
    ['out_trade_no', attempt.reference],
    ['notify_url', notifyUrl],
    ['return_url', returnUrl],
    ['name', settings.productName],
    ['money', formatYuan(order.amountMinor)],
  ]);
  return order.method === '' ? form : form.set('type', order.method);
}

function checkIp(ip: string): string {
  if (isIP(ip) === 0) throw invalid('payer_ip', 'the address of the payer is not known');
  return ip;
}

/** Some gateways give only a path. Anything but a page of the web (an app's scheme) is not for a browser's address. */
function pageAt(payUrl: string, { settings }: EpayMerchant): string | undefined {
  if (payUrl === '' || !URL.canParse(payUrl, `${settings.gateway}/`)) return undefined;
  const page = new URL(payUrl, `${settings.gateway}/`);
  return /^https?:$/.test(page.protocol) ? page.href : undefined;
}

function invalid(param: string, message: string): Failure {
  return new Failure('invalid_input', { message, param });
}
