import { z } from 'zod';

/** Money is text: a JSON number would be a float on its way here. */
export const amountText = z
  .string({ error: 'must be text such as "20.00"' })
  .min(1, 'must be text such as "20.00"')
  .max(40, 'must be text such as "20.00"');

/** Through which channel, and in which of its ways, an order is to be paid. */
export const channelFields = {
  channel: z.string().min(1).max(100).optional(),
  method: z
    .string()
    .regex(/^[a-z0-9_]{0,32}$/i, 'must be a way to pay such as alipay or card')
    .optional(),
};
