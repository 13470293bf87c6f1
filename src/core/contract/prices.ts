import { z } from 'zod';
import * as fields from './fields.ts';

const rateFields = {
  input: fields.usdPerMillion.describe('USD for a million input tokens'),
  cached_input: fields.usdPerMillion
    .optional()
    .describe('USD for a million cached input tokens; as input unless given'),
  cache_write_5m: fields.usdPerMillion
    .optional()
    .describe('USD for a million tokens cached for 5 minutes; as input unless given'),
  cache_write_1h: fields.usdPerMillion
    .optional()
    .describe('USD for a million tokens cached for 1 hour; as cache_write_5m unless given'),
  output: fields.usdPerMillion.describe('USD for a million output tokens'),
};

const aboveTokens = z
  .int()
  .min(1)
  .max(100_000_000)
  .describe('The tier holds for requests with strictly more input tokens');

/** Prices as an operator writes them. */
export const priceInput = z.strictObject({
  ...rateFields,
  priority: z.strictObject(rateFields).optional().describe('Rates for answers served with service_tier priority'),
  high_context: z
    .strictObject({ above_tokens: aboveTokens, ...rateFields })
    .optional()
    .describe('Rates for requests with a long input; the whole request is priced so'),
});

const rateViewFields = {
  input: z.string().describe('USD for a million input tokens'),
  cached_input: z.string().describe('USD for a million cached input tokens'),
  cache_write_5m: z.string().describe('USD for a million tokens cached for 5 minutes'),
  cache_write_1h: z.string().describe('USD for a million tokens cached for 1 hour'),
  output: z.string().describe('USD for a million output tokens'),
};

const tierViewFields = {
  ...rateViewFields,
  priority: z.object(rateViewFields).nullable().describe('Rates for answers served with service_tier priority'),
  high_context: z
    .object({ above_tokens: aboveTokens, ...rateViewFields })
    .nullable()
    .describe('Rates for requests with a long input'),
};

/** Rates without a version, as a price import shows them. */
export const ratesView = z.object(tierViewFields).meta({ id: 'Rates' });

export const priceView = z
  .object({
    id: z.string().describe('Id of this version of the prices'),
    effective_from: fields.instantView.describe('In force from this instant until the next version'),
    ...tierViewFields,
  })
  .meta({ id: 'Price' });
