import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../time.ts';
import { branchOf, type FormTree, itemsOf, leafPaths, textAt } from './form-body.ts';
import type { Metadata } from './stripe-object.ts';
import { badParam, StripeRefusal } from './stripe-refusal.ts';

/** What a session is made of, once the form is found to be right. */
export interface SessionWish {
  readonly mode: 'payment' | 'subscription';
  readonly amount: number;
  readonly currency: string;
  readonly recurring: { readonly interval: string; readonly interval_count: number } | null;
  readonly reference: string | null;
  readonly metadata: Metadata;
  /** Of the payment intent or of the subscription that comes of it. */
  readonly innerMetadata: Metadata;
  readonly allowedMethods: readonly string[] | null;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  /** Seconds. */
  readonly expiresAt: number;
}

/** Of the parameters of today's API those that make sense here; an unknown one is refused, as Stripe does. */
const KNOWN = [
  /^(mode|client_reference_id|success_url|cancel_url|expires_at)$/,
  /^metadata\[\w+\]$/,
  /^adaptive_pricing\[enabled\]$/,
  /^allowed_payment_method_types\[\]$/,
  /^(payment_intent_data|subscription_data)\[metadata\]\[\w+\]$/,
  /^line_items\[\]\[quantity\]$/,
  /^line_items\[\]\[price_data\]\[(currency|unit_amount)\]$/,
  /^line_items\[\]\[price_data\]\[product_data\]\[name\]$/,
  /^line_items\[\]\[price_data\]\[recurring\]\[(interval|interval_count)\]$/,
];
const INTERVAL_DAYS: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30, year: 365 };
const INTERVAL_MAX_DAYS = 3 * 366;
const LAST_DIGIT_ZERO = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);
const TWO_DECIMALS_ZERO = new Set(['isk', 'ugx']);
const NO_DECIMALS = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const AMOUNT_MIN = 50;
const AMOUNT_MAX = 99_999_999;

/** Reads the form of a new Checkout Session. @throws StripeRefusal as Stripe would refuse it */
export function readSessionForm(form: FormTree, nowSeconds: number): SessionWish {
  const unknown = leafPaths(form).find((path) => !KNOWN.some((known) => known.test(path)));
  if (unknown !== undefined) throw badParam(unknown, `Received unknown parameter: ${unknown}`, 'parameter_unknown');
  const mode = textAt(form, 'mode');
  if (mode !== 'payment' && mode !== 'subscription') throw badParam('mode', 'Invalid mode');
  const isPeriodic = mode === 'subscription';
  const wrongData = isPeriodic ? 'payment_intent_data' : 'subscription_data';
  if (form[wrongData] !== undefined)
    throw badParam(wrongData, `You can not pass \`${wrongData}\` in \`${mode}\` mode.`);
  const allowed = itemsOf(form['allowed_payment_method_types']).map(String);
  return {
    mode,
    ...priceOf(form, isPeriodic),
    reference: boundedText(form, 'client_reference_id', 200) ?? null,
    metadata: metadataOf(form),
    innerMetadata: metadataOf(branchOf(form, isPeriodic ? 'subscription_data' : 'payment_intent_data')),
    allowedMethods: allowed.length > 0 ? allowed : null,
    successUrl: urlAt(form, 'success_url'),
    cancelUrl: textAt(form, 'cancel_url') === undefined ? null : urlAt(form, 'cancel_url'),
    expiresAt: expiryOf(form, nowSeconds),
  };
}

export function metadataOf(form: FormTree): Metadata {
  const metadata = branchOf(form, 'metadata');
  const entries = Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const isBounded = entries.every(([key, value]) => key.length <= 40 && value.length <= 500);
  if (entries.length > 50 || !isBounded) throw badParam('metadata', 'Metadata is limited to 50 keys of 500 characters');
  return Object.fromEntries(entries);
}

/** @throws StripeRefusal for anything but a whole number */
export function wholeAt(form: FormTree, key: string): number {
  const text = textAt(form, key) ?? '';
  if (!/^-?\d{1,15}$/.test(text)) throw badParam(key, `Invalid integer: ${text}`, 'parameter_invalid_integer');
  return Number(text);
}

function priceOf(form: FormTree, isPeriodic: boolean): Pick<SessionWish, 'amount' | 'currency' | 'recurring'> {
  const [line, ...more] = itemsOf(form['line_items']);
  if (typeof line !== 'object' || more.length > 0)
    throw badParam('line_items', 'This stand-in sells one line at a time');
  if (textAt(line, 'quantity') !== '1') throw badParam('line_items[0][quantity]', 'This stand-in sells one of it');
  const price = branchOf(line, 'price_data');
  if (textAt(branchOf(price, 'product_data'), 'name') === undefined) {
    throw badParam('line_items[0][price_data][product_data][name]', 'Missing required param', 'parameter_missing');
  }
  const hasRecurring = price['recurring'] !== undefined;
  if (hasRecurring !== isPeriodic)
    throw badParam('line_items', 'Recurring prices are for subscription mode, others are not');
  const currency = textAt(price, 'currency') ?? '';
  if (!/^[a-z]{3}$/.test(currency)) throw badParam('currency', `Invalid currency: ${currency}`);
  const amount = checkAmount(wholeAt(price, 'unit_amount'), currency);
  return { amount, currency, recurring: hasRecurring ? recurringOf(branchOf(price, 'recurring')) : null };
}

function recurringOf(recurring: FormTree): { interval: string; interval_count: number } {
  const interval = textAt(recurring, 'interval') ?? '';
  const count = textAt(recurring, 'interval_count') === undefined ? 1 : wholeAt(recurring, 'interval_count');
  const days = INTERVAL_DAYS[interval];
  if (days === undefined) throw badParam('recurring[interval]', `Invalid interval: ${interval}`);
  if (count < 1 || days * count > INTERVAL_MAX_DAYS)
    throw badParam('recurring[interval_count]', 'Maximum of three years');
  return { interval, interval_count: count };
}

function checkAmount(amount: number, currency: string): number {
  if (LAST_DIGIT_ZERO.has(currency) && amount % 10 !== 0) throw badParam('unit_amount', 'The last digit must be 0');
  if (TWO_DECIMALS_ZERO.has(currency) && amount % 100 !== 0) throw badParam('unit_amount', 'The decimals must be 00');
  const least = NO_DECIMALS.has(currency) ? 1 : AMOUNT_MIN;
  if (amount < least) throw amountRefusal('amount_too_small', 'The Checkout Session total must be at least $0.50');
  if (amount > AMOUNT_MAX) throw amountRefusal('amount_too_large', 'The amount must be no more than $999,999.99');
  return amount;
}

function amountRefusal(code: string, message: string): StripeRefusal {
  return new StripeRefusal({ status: 400, code, param: 'line_items', message });
}

function expiryOf(form: FormTree, nowSeconds: number): number {
  const day = DAY_MS / SECOND_MS;
  if (textAt(form, 'expires_at') === undefined) return nowSeconds + day;
  const expiresAt = wholeAt(form, 'expires_at');
  const halfHour = (30 * MINUTE_MS) / SECOND_MS;
  if (expiresAt >= nowSeconds + halfHour && expiresAt <= nowSeconds + day) return expiresAt;
  throw badParam('expires_at', 'The `expires_at` timestamp must be between 30 minutes and 24 hours from now.');
}

function boundedText(form: FormTree, key: string, maxChars: number): string | undefined {
  const text = textAt(form, key);
  if (text !== undefined && text.length > maxChars) throw badParam(key, `At most ${maxChars} characters`);
  return text;
}

function urlAt(form: FormTree, key: string): string {
  const text = textAt(form, key) ?? '';
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw badParam(key, 'Not a valid URL', 'url_invalid');
  return text;
}
