import type { Ctx, WriteQueue } from '../../core/database/index.ts';
import { describeError } from '../../core/failure.ts';
import {
  type DoneAnswer,
  type PlacedAnswer,
  type QuotaProvider,
  type Reservation,
  settleAnswer,
} from '../../core/quota/index.ts';
import type { Credential, Endpoint, Upstream } from '../../core/upstreams/index.ts';
import {
  isGivenUp,
  isPendingAnswer,
  listDueAnswers,
  type PendingAnswer,
  postponeAnswer,
} from '../../core/usage/index.ts';
import type { Live } from '../live.ts';
import type { AnswerFacts } from './dialects/index.ts';
import { openaiResponses } from './dialects/index.ts';
import type { Egress } from './egress.ts';
import { baseOf } from './upstream-call.ts';

const LOOKS_AT_ONCE = 20;
const TIMEOUT_MS = 20_000;
const NOTHING: DoneAnswer = { usage: null, serviceTier: null, servedModel: null };

export interface BackgroundTools {
  readonly ctx: Ctx;
  readonly queue: WriteQueue;
  readonly quota: QuotaProvider;
  readonly egress: Egress;
  readonly live: Live;
}

/**
 * Answers that providers make in the background (`background: true` of the Responses API). The request that began one is
 * booked at once, and priced when the answer is done: when its client fetches it, or when Realms looks after it, since a
 * client may never come back. What was held for it stays held as long as this process lives.
 */
export class BackgroundAnswers {
  readonly #tools: BackgroundTools;
  readonly #held = new Map<string, Reservation>();
  /** Of what was just seen; what comes next about the same answer waits for it. */
  readonly #settling = new Map<string, Promise<void>>();

  constructor(tools: BackgroundTools) {
    this.#tools = tools;
  }

  hold(answer: PlacedAnswer, reservation: Reservation): void {
    this.#held.set(nameOf(answer), reservation);
  }

  /** Somebody saw the state of an answer. Never throws: an answer that cannot be settled now is looked after later. */
  async seen(answer: PlacedAnswer, facts: AnswerFacts): Promise<void> {
    if (facts.isRunning) return;
    const name = nameOf(answer);
    const settling = this.#settle(answer, facts);
    this.#settling.set(name, settling);
    try {
      await settling;
    } catch (error) {
      this.#tools.ctx.log.error(
        { object: answer.objectId, error: describeError(error) },
        'a background answer was not settled',
      );
    } finally {
      if (this.#settling.get(name) === settling) this.#settling.delete(name);
    }
  }

  /** Its client deletes it: what it used is asked for while the provider still has it. Never throws. */
  async beforeDelete(answer: PlacedAnswer): Promise<void> {
    const { ctx, queue } = this.#tools;
    try {
      await this.#settling.get(nameOf(answer));
      if (this.#held.has(nameOf(answer))) await queue.flush();
      if (!(await isPendingAnswer(ctx, answer))) return;
      const facts = await ask(this.#tools, answer);
      if (facts !== null && facts !== 'gone') await this.seen(answer, facts);
    } catch (error) {
      ctx.log.error(
        { object: answer.objectId, error: describeError(error) },
        'a background answer was deleted without a look at it',
      );
    }
  }

  /** Looks after those that are due; a provider that does not answer is asked again later. */
  async lookAfter(): Promise<void> {
    const { ctx } = this.#tools;
    for (const pending of await listDueAnswers(ctx, ctx.clock.now(), LOOKS_AT_ONCE)) {
      try {
        await this.#lookAt(pending);
      } catch (error) {
        // One that cannot be settled must not keep those behind it waiting for ever.
        ctx.log.error(
          { request: pending.requestId, error: describeError(error) },
          'a background answer was not settled',
        );
        await postponeAnswer(ctx, pending);
      }
    }
  }

  async #lookAt(pending: PendingAnswer): Promise<void> {
    const { ctx } = this.#tools;
    const facts = await ask(this.#tools, pending);
    if (facts === 'gone' || (isGivenUp(pending, ctx.clock.now()) && (facts === null || facts.isRunning))) {
      ctx.log.warn({ request: pending.requestId, object: pending.objectId }, 'a background answer is lost unpriced');
      await this.#settle(pending, NOTHING);
    } else if (facts === null || facts.isRunning) await postponeAnswer(ctx, pending);
    else await this.#settle(pending, facts);
  }

  async #settle(answer: PlacedAnswer, done: DoneAnswer): Promise<void> {
    const { ctx, queue, quota, live } = this.#tools;
    const name = nameOf(answer);
    const reservation = this.#held.get(name);
    // Begun here: it may have been booked this very moment. All others are in the database, if they are pending at all.
    if (reservation) await queue.flush();
    const floor = live.state.settings.effective['billing.balance_floor_usd_micros'];
    const settled = await settleAnswer(ctx, answer, done, floor);
    this.#held.delete(name);
    if (reservation) quota.release(reservation, ctx.clock.now());
    if (settled) {
      const { requestId: request, chargedUsdMicros, writtenOffUsdMicros } = settled;
      const facts = { request, object: answer.objectId, chargedUsdMicros };
      ctx.log.info(facts, 'background answer priced');
      if (writtenOffUsdMicros > 0) ctx.log.warn({ ...facts, writtenOffUsdMicros }, 'over-run written off');
    }
  }
}

function nameOf({ objectId, credentialId }: PlacedAnswer): string {
  return `${credentialId} ${objectId}`;
}

/** What the provider says of it; null when it cannot be asked now. */
async function ask(
  tools: BackgroundTools,
  { objectId, credentialId }: PlacedAnswer,
): Promise<AnswerFacts | 'gone' | null> {
  const place = placeOf(tools, credentialId);
  if (!place) return 'gone';
  const { upstream, endpoint, credential } = place;
  const { origin, pathname } = baseOf(endpoint.baseUrl);
  const { allowPrivate } = upstream;
  try {
    const dispatcher = tools.egress.dispatcherFor({ origin, allowPrivate, proxyUrl: credential.proxyUrl });
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}/responses/${encodeURIComponent(objectId)}`,
      method: 'GET',
      headers: { authorization: `Bearer ${credential.secret.reveal()}`, accept: 'application/json' },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const body = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode === 404) return 'gone';
    return answer.statusCode === 200 ? openaiResponses.readJson(body) : null;
  } catch {
    return null;
  }
}

function placeOf(
  { live }: BackgroundTools,
  credentialId: PendingAnswer['credentialId'],
): { upstream: Upstream; endpoint: Endpoint; credential: Credential } | null {
  for (const upstream of live.state.topology.upstreams.values()) {
    const credential = upstream.credentials.find(({ id }) => id === credentialId);
    const [endpoint] = upstream.endpoints;
    if (credential && endpoint) return { upstream, endpoint, credential };
  }
  return null;
}
