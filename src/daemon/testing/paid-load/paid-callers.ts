import { seededRandom } from '../../../core/testing/seeded-random.ts';
import { fault, reply } from '../fake-upstream.ts';
import { type HttpExchange, httpExchange, parseSse } from '../http-exchange.ts';
import { NextTime } from './next-time.ts';
import type { Customer, PaidShop } from './paid-shop.ts';
import { MODEL } from './paid-shop.ts';
import { ENDPOINTS, type Endpoint, USAGE } from './prices.ts';

/** An answer that its caller has to the end. */
export interface Delivered {
  readonly endpoint: Endpoint;
  readonly customer: Customer;
}

/** As many requests as run at a time, and so as many as a kill can cut off. */
export const CALLERS = 6;
const HEADERS_MAX_MS = 15;
const CHUNKS_MAX_MS = 4;
const BODY = { messages: [{ role: 'user', content: 'hello' }], input: 'hello', max_tokens: 50 };

/** Ask for answers as fast as they can, and remember each that came whole. */
export class PaidCallers {
  /** By the id of the request. */
  readonly delivered = new Map<string, Delivered>();
  /** Answers that should not have been, in words. */
  readonly odd: string[] = [];
  /** A caller has the end of an answer. */
  readonly answered = new NextTime();
  readonly #shop: PaidShop;
  readonly #random = seededRandom(11);

  constructor(shop: PaidShop) {
    this.#shop = shop;
  }

  /** Goes on until the daemon is gone. */
  async run(): Promise<void> {
    this.#prepareUpstream();
    await Promise.all(Array.from({ length: CALLERS }, () => this.#callOnAndOn()));
  }

  /** Takes its time, differently each time, so that kills fall everywhere; and keeps nothing of the life before. */
  #prepareUpstream(): void {
    const { upstream } = this.#shop;
    upstream.reset();
    upstream.script(({ path, json }) => {
      const endpoint = ENDPOINTS.find((each) => each.endsWith(path.replace(/^\/v1/, '')));
      if (endpoint === undefined) return undefined;
      const answer = reply({ text: 'one two three four', usage: USAGE[endpoint] });
      return json['stream'] === true
        ? fault.slowChunks(Math.floor(this.#random.fraction() * CHUNKS_MAX_MS), answer)
        : fault.slowHeaders(Math.floor(this.#random.fraction() * HEADERS_MAX_MS), answer);
    });
  }

  async #callOnAndOn(): Promise<void> {
    for (;;) {
      const endpoint = this.#oneOf(ENDPOINTS);
      const customer = this.#oneOf([this.#shop.alice, this.#shop.bob]);
      const stream = this.#random.fraction() < 0.5;
      const answer = await httpExchange(`${this.#shop.url}${endpoint}`, {
        headers: { authorization: `Bearer ${customer.key}` },
        body: { ...BODY, model: MODEL, stream },
      });
      const isWhole = answer.status === 200 && (stream ? hasTerminalEvent(answer, endpoint) : isWholeJson(answer));
      if (isWhole) this.#note(answer, { endpoint, customer });
      if (answer.error !== undefined) return;
      if (!isWhole) this.odd.push(`${endpoint} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
    }
  }

  #note({ headers }: HttpExchange, delivered: Delivered): void {
    const id = String(headers['x-request-id']);
    if (this.delivered.has(id)) this.odd.push(`${id} was given to two requests`);
    this.delivered.set(id, delivered);
    this.answered.happens();
  }

  #oneOf<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random.fraction() * items.length)] as Item;
  }
}

/** The announced length was reached, or there would be an error. */
function isWholeJson({ error, text }: HttpExchange): boolean {
  return error === undefined && text.endsWith('}');
}

/** Whoever has it has the whole answer, whatever becomes of the connection then. */
function hasTerminalEvent({ text }: HttpExchange, endpoint: Endpoint): boolean {
  const whole = text.slice(0, text.lastIndexOf('\n\n') + 2);
  const last = parseSse(whole).at(-1);
  return endpoint === '/v1/responses' ? last?.event === 'response.completed' : last?.data === '[DONE]';
}
