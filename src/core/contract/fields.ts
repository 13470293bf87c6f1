import { z } from 'zod';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../page.ts';

// Fields that several nouns have. Each has a description, because help texts and OpenAPI show it.

const TOKENS_MAX = 1_000_000_000;

/** A name in a path, an id or a unique beginning of an id. */
export function ref(what: string) {
  return z.string().min(1).max(300).describe(`Id, unique beginning of an id, or name of the ${what}`);
}

export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'must be up to 63 letters, digits, dots, dashes and underscores, the first a letter or a digit',
  )
  .describe('Unique name');

/** A name for people, which need not be unique. */
export const label = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{C}]+$/u, 'must not hold control characters')
  .describe('Name for people to recognise it by');

export const modelName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\s\p{C}]+$/u, 'must not hold spaces or control characters')
  .describe('Model id as clients write it; may hold slashes');

export const secretText = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces or line ends');

export const instant = z.iso.datetime({ offset: true });
export const instantView = z.string().describe('Instant, RFC 3339 in UTC');

/** Text between 0 and 9,999,999.999999; exact, so never a JSON number. */
export const usdPerMillion = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,6})?$/, 'must be a decimal such as "1.25", with at most six decimals');

export const enabled = z.boolean().describe('Whether it takes part in relaying');
export const priority = z.int().min(0).max(1_000_000).describe('Lower numbers are used first');
export const weight = z.int().min(1).max(1_000).describe('Share of the traffic among equals in priority');

/** The three limits as an operator writes them; null lifts one. */
export const limitFields = {
  rpm: z.int().min(0).max(TOKENS_MAX).nullable().optional().describe('Requests a minute; null: the default applies'),
  tpm: z.int().min(0).max(TOKENS_MAX).nullable().optional().describe('Tokens a minute; null: the default applies'),
  concurrency: z
    .int()
    .min(0)
    .max(1_000_000)
    .nullable()
    .optional()
    .describe('Requests at once; null: the default applies'),
};

export const limitViewFields = {
  rpm: z.int().nullable().describe('Requests a minute; null: the default applies'),
  tpm: z.int().nullable().describe('Tokens a minute; null: the default applies'),
  concurrency: z.int().nullable().describe('Requests at once; null: the default applies'),
};

export const pageFields = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_LIMIT_MAX)
    .optional()
    .describe(`Items on a page, ${PAGE_LIMIT_DEFAULT} unless given`),
  cursor: z.string().min(1).max(200).optional().describe('`next_cursor` of the page before'),
};

export const pageQuery = z.strictObject(pageFields);

/** Any JSON value. Unchecked, because what it is belongs to the provider or the audited noun. */
export const anyJson = z.unknown();

export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item).describe('This page, newest first unless the route says otherwise'),
    next_cursor: z.string().nullable().describe('Cursor of the next page; null on the last'),
  });
}
