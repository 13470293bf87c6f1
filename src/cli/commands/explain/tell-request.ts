import type { ResponseOf, showRequest } from '../../../core/contract/index.ts';
import type { Cell } from '../../render/answer.ts';
import { instant, span, usdOrNone, words } from '../../render/cells.ts';
import { outcomeCell } from '../usage/usage-view.ts';
import { tellAttempt } from './tell-attempt.ts';

type Request = ResponseOf<typeof showRequest>;
type UsageEvent = NonNullable<Request['event']>;
type Decision = NonNullable<Request['decision']>;

/** The story of one request, in the order in which it happened. */
export function tellRequest({ event, decision }: Request): Cell[] {
  return [
    ...(event ? tellQuestion(event) : ['the request is still running, or its usage is not written yet']),
    ...(decision ? tellDecision(decision) : ['how it was routed is no longer kept']),
    ...(decision?.attempts ?? []).flatMap((attempt, index) => tellAttempt(attempt, index + 1)),
    ...(decision?.refusal ? [line('refused', `${decision.refusal.message} (${decision.refusal.code})`, 'bad')] : []),
    ...(decision?.disconnect ? [line('client', `went away: ${decision.disconnect}`, 'warn')] : []),
    ...(event ? tellEnd(event) : []),
    ...(decision ? [line('money', `${decision.quota.payer}: ${decision.quota.settled}`)] : []),
  ];
}

function tellQuestion(event: UsageEvent): Cell[] {
  const stream = event.stream ? ', as a stream' : '';
  return [
    line('request', `${event.id} at ${instant(event.at)} UTC`),
    line('asked', `${event.endpoint}${stream}, ${event.request_bytes} bytes`),
    line('by', `user ${event.user ?? event.user_id}, key ${event.key ?? event.key_id}`),
  ];
}

function tellDecision(decision: Decision): Cell[] {
  const { asked, resolved, via } = decision.model;
  const model = asked === resolved ? asked : `${asked} → ${resolved}`;
  return [
    line('model', `${model} (by ${via})`),
    line('groups', words(decision.ladder, 'every upstream')),
    line('sticky', tellSticky(decision.sticky)),
  ];
}

function tellSticky(sticky: Decision['sticky']): string {
  if (sticky === null) return 'no';
  const where = sticky.credential === null ? 'nobody served it before' : `served by ${sticky.credential} before`;
  return `${sticky.kind}, named by ${sticky.source}; ${where}; ${sticky.outcome}`;
}

function tellEnd(event: UsageEvent): Cell[] {
  const outcome = outcomeCell(event.outcome);
  const code = event.error_code === null ? '' : `, ${event.error_code}`;
  const first = event.first_output_ms === null ? 'no output' : `first output after ${span(event.first_output_ms)}`;
  const tone = typeof outcome === 'string' ? undefined : outcome.tone;
  return [
    line(
      'outcome',
      `${event.outcome}, status ${event.status}${code}, after ${event.attempts === 1 ? '1 attempt' : `${event.attempts} attempts`}`,
      tone,
    ),
    line('time', `${span(event.duration_ms)} in all, ${first}, ${event.response_bytes} bytes back`),
    ...(event.served_model === null ? [] : [line('served', tellServed(event.served_model, event.service_tier))]),
    line('tokens', tellTokens(event)),
    line('cost', tellCost(event)),
  ];
}

function tellServed(model: string, tier: string | null): string {
  return tier === null ? model : `${model}, tier ${tier}`;
}

function tellTokens({ usage, usage_source }: UsageEvent): string {
  if (usage === null) return 'none known';
  const cached = usage.cached_input_tokens > 0 ? ` (${usage.cached_input_tokens} cached)` : '';
  const writes = usage.cache_write_5m_tokens + usage.cache_write_1h_tokens;
  const written = writes > 0 ? ` (${writes} written to the cache)` : '';
  const reasoning = usage.reasoning_tokens > 0 ? ` (${usage.reasoning_tokens} for reasoning)` : '';
  return `${usage.input_tokens} in${cached}${written}, ${usage.output_tokens} out${reasoning}, counted by: ${usage_source}`;
}

function tellCost(event: UsageEvent): string {
  if (event.cost_usd === null) return event.usage === null ? 'nothing' : 'unknown: the model has no price';
  const group = event.group === null ? '' : `, group ${event.group}`;
  const multiplier = event.multiplier === '1' ? '' : ` × ${event.multiplier}`;
  const payer = event.payer_multiplier === '1' ? '' : `; × ${event.payer_multiplier} by the payer`;
  return `${usdOrNone(event.cost_usd)} at price ${event.price_id ?? 'unknown'}${multiplier}${group}${payer}`;
}

function line(label: string, text: string, tone?: 'good' | 'warn' | 'bad' | 'dim'): Cell {
  const full = `${label.padEnd(9)} ${text}`;
  return tone === undefined ? full : { text: full, tone };
}
