import type { RawCallback } from '../provider.ts';
import { idOf, type Json, objectOf } from './stripe-json.ts';

/** Secrets, addresses that open something, and who the payer is: the inbox keeps what it is shown. */
const MASKED =
  /secret|token|password|fingerprint|signature|(?:^|_)(?:url|pdf)$|^(?:customer_details|customer_email|customer_name|customer_address|customer_phone|customer_shipping|customer_tax_ids|billing_details|shipping\w*|receipt_email|payment_method_details|payment_method_options|evidence|ip_address|collected_information|custom_fields)$/;
const SHOWN_MAX_CHARS = 16_384;
const DEPTH_MAX = 12;
const MASK = '[masked]';

/** The callback for the inbox, as JSON: its event with secrets, signatures and personal details masked. */
export function showCallback(callback: RawCallback, event: Json): string {
  const signed = (callback.headers['stripe-signature'] ?? '').replace(/(v\d+)=[^,]*/g, `$1=${MASK}`);
  const shown = JSON.stringify({ 'stripe-signature': signed, event: mask(event, 0) });
  if (shown.length <= SHOWN_MAX_CHARS) return shown;
  return JSON.stringify({ 'stripe-signature': signed, event: outline(event) });
}

function mask(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) return '…';
  if (Array.isArray(value)) return value.map((item) => mask(item, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    MASKED.test(key) && inner !== null ? MASK : mask(inner, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function outline(event: Json): Json {
  const object = objectOf(objectOf(event['data'])['object']);
  const { id, type, created, livemode, api_version: apiVersion } = event;
  return {
    id,
    type,
    created,
    livemode,
    api_version: apiVersion,
    object: { id: idOf(object), object: object['object'] },
  };
}
