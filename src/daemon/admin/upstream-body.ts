import type { z } from 'zod';
import type * as contract from '../../core/contract/index.ts';
import { Secret } from '../../core/secret.ts';
import type { ErrorRule } from '../../core/upstreams/index.ts';
import { given } from './given.ts';

type SettingsBody = Pick<
  contract.ParsedBodyOf<typeof contract.editUpstream>,
  | 'wires'
  | 'allow_private'
  | 'allow_http'
  | 'priority'
  | 'weight'
  | 'param_override'
  | 'header_override'
  | 'error_rules'
  | 'inject_stream_usage'
>;

/** What a body says of an upstream, in the words of the domain. */
export function settingsOf(body: SettingsBody) {
  return {
    wires: body.wires,
    allowPrivate: body.allow_private,
    allowHttp: body.allow_http,
    priority: body.priority,
    weight: body.weight,
    paramOverride: body.param_override,
    headerOverride: body.header_override,
    errorRules: body.error_rules?.map(errorRuleOf),
    injectStreamUsage: body.inject_stream_usage,
  };
}

function errorRuleOf(rule: z.output<typeof contract.errorRule>): ErrorRule {
  return {
    match: given(rule.match),
    retry: rule.retry,
    cooldown: rule.cooldown,
    ...given({ cooldownMs: rule.cooldown_ms, present: rule.present }),
  };
}

export function secretOf(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}
