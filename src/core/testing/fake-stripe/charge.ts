import type { Books } from './books.ts';
import type { Charge, PaymentIntent, Session } from './stripe-object.ts';

export interface ChargeWish {
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Record<string, string>;
  readonly customer: string | null;
  readonly status: Charge['status'];
}

/** A payment intent with its charge; the charge carries the metadata that the intent has. */
export function chargeFor(
  books: Books,
  { amount, currency, metadata, customer, status }: ChargeWish,
  session?: Session,
): { intent: PaymentIntent; charge: Charge } {
  const base = books.base('payment_intent');
  const intent: PaymentIntent = books.add({
    ...base,
    amount,
    amount_received: status === 'succeeded' ? amount : 0,
    currency,
    client_secret: `${base.id}_secret_${base.id.length}`,
    customer,
    latest_charge: null,
    metadata: { ...metadata },
    status: status === 'succeeded' ? 'succeeded' : status === 'pending' ? 'processing' : 'requires_payment_method',
  });
  const charge: Charge = books.add({
    ...books.base('charge'),
    amount,
    amount_refunded: 0,
    billing_details: { email: 'payer@example.com' },
    currency,
    disputed: false,
    metadata: { ...metadata },
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method_details: { type: session?.payment_method_types[0] ?? 'card' },
    receipt_url: 'https://pay.stripe.example/receipts/1',
    refunded: false,
    status,
  });
  intent.latest_charge = charge.id;
  return { intent, charge };
}
