import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { ErrorRule } from './error-rule.ts';

const RULES_MAX = 100;
const COOLDOWN_MAX_MS = 30 * 86_400_000;
const text = z.string().min(1).max(200);

const ruleSchema = z.strictObject({
  match: z
    .strictObject({ status: z.int().min(100).max(599).optional(), code: text.optional(), contains: text.optional() })
    .refine((match) => Object.values(match).some((value) => value !== undefined), 'needs at least one condition'),
  retry: z.enum(['continue', 'stop']),
  cooldown: z.enum(['none', 'credential', 'credential_model', 'endpoint']),
  cooldownMs: z.int().min(0).max(COOLDOWN_MAX_MS).optional(),
  present: z.strictObject({ status: z.int().min(400).max(599), message: z.string().min(1).max(1_000) }).optional(),
});
const rulesSchema = z.array(ruleSchema).max(RULES_MAX);

/** @throws Failure invalid_input with every fault and its place. */
export function checkErrorRules(rules: readonly ErrorRule[]): readonly ErrorRule[] {
  const parsed = rulesSchema.safeParse(rules);
  // Through JSON, so that what is undefined is absent.
  if (parsed.success) return JSON.parse(JSON.stringify(parsed.data)) as ErrorRule[];
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: `error_rules.${path.join('.')}`, message }));
  const [first] = issues;
  throw new Failure('invalid_input', {
    message: `${first?.path ?? 'error_rules'}: ${first?.message ?? 'not valid'}`,
    param: 'error_rules',
    issues,
  });
}
