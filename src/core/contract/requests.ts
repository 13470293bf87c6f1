import { z } from 'zod';
import { instantView } from './fields.ts';
import { route } from './route.ts';
import { usageEventView } from './usage.ts';

const candidateView = z.object({
  name: z.string().describe('upstream/credential'),
  removed: z.string().nullable().describe('Why it was left out; null: it was not'),
  score: z.number().nullable().describe('Its score; the best was chosen'),
});

const attemptView = z.object({
  candidates: z.array(candidateView).describe('What was considered'),
  omitted: z.int().describe('More candidates than the record holds'),
  chosen: z.string().nullable().describe('What was chosen; null: nothing was left'),
  started_ms: z.number().describe('Start, in milliseconds after the request came'),
  took_ms: z.number().describe('Duration in milliseconds'),
  status: z.int().nullable().describe('HTTP status of the upstream; null: no answer'),
  verdict: z.string().describe('What was made of the answer'),
  error_code: z.string().nullable().describe('Code of the upstream’s error'),
  cooldown: z
    .object({
      scope: z.string().describe('What was put aside'),
      until: instantView.describe('Until when'),
      source: z.string().describe('Where the duration came from'),
      reason: z.string().describe('Why'),
    })
    .nullable()
    .describe('Cooldown that this attempt caused'),
});

export const decisionView = z
  .object({
    id: z.string().describe('Id of the request'),
    at: instantView.describe('When the request came'),
    model: z
      .object({
        asked: z.string().describe('Model as the client wrote it'),
        resolved: z.string().describe('Model that it stands for'),
        via: z.enum(['id', 'alias', 'passthrough']).describe('How it was resolved'),
      })
      .describe('The model'),
    ladder: z.array(z.string()).describe('Groups of the key in order; empty: every upstream'),
    sticky: z
      .object({
        kind: z.enum(['hard', 'soft']).describe('hard: must follow; soft: should follow'),
        source: z.string().describe('Field or header that named the conversation'),
        credential: z.string().nullable().describe('Credential that served it before'),
        outcome: z.enum(['none', 'followed', 'left']).describe('Whether it was followed'),
      })
      .nullable()
      .describe('Stickiness, if the request had any'),
    attempts: z.array(attemptView).describe('Attempts in order'),
    quota: z
      .object({ payer: z.string().describe('Who pays'), settled: z.string().describe('What was settled') })
      .describe('Quota and payment'),
    refusal: z
      .object({ code: z.string().describe('Code of the error'), message: z.string().describe('Its message') })
      .nullable()
      .describe('Set when Realms itself said no'),
    disconnect: z.string().nullable().describe('What happened when the client went away'),
  })
  .meta({ id: 'Decision' });

export const showRequest = route({
  operationId: 'showRequest',
  method: 'GET',
  path: '/admin/requests/:request',
  feature: 'admin_usage',
  role: 'operator',
  summary: 'Explain a relayed request: where it went, why, and what it cost',
  params: z.strictObject({ request: z.string().min(1).max(100).describe('Id of the request, from X-Request-Id') }),
  response: z.object({
    event: usageEventView.nullable().describe('Usage; null while the request runs'),
    decision: decisionView.nullable().describe('Decision; null when it is no longer kept'),
  }),
});
