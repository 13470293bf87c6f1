import type { Field, Hints } from '../form/index.ts';

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export const VERBOSITIES = ['low', 'medium', 'high'] as const;
/** Other APIs have tiers of other names; those are hints that OpenAI would refuse. */
export const SERVICE_TIERS: ReadonlySet<string> = new Set(['auto', 'default', 'flex', 'scale', 'priority', 'fast']);

/** Reads what may be left out; `user` is the older word for `safety_identifier`. */
export function readHints(body: Field): Hints {
  return {
    cacheKey: body.at('prompt_cache_key').textOrNull(),
    endUser: body.at('safety_identifier').textOrNull() ?? body.at('user').textOrNull(),
    serviceTier: body.at('service_tier').textOrNull(),
    metadata: readMetadata(body.at('metadata')),
  };
}

function readMetadata(field: Field): Readonly<Record<string, string>> | null {
  const record = field.jsonOrNull();
  return record && Object.fromEntries(Object.keys(record).map((name) => [name, field.at(name).text()]));
}
