import { estimateTokens, translators, Untranslatable } from '../translate/index.ts';
import { closeBooks } from './books.ts';
import { closed } from './ending.ts';
import { inexpressibleRefusal } from './failed-answer.ts';
import type { Journey } from './journey.ts';
import { refuseHeld, sendWhole } from './refuse.ts';
import type { Turn } from './turn.ts';

/** Whether nobody who could serve the request can be asked for a count, so that it has to be estimated here. */
export function mustEstimate({ request, route }: Journey): boolean {
  const { counts, wire } = request.route;
  return counts && !route.reach.candidates.some(({ upstream }) => upstream.wires.some((spoken) => spoken === wire));
}

/** Answers a question for the number of tokens without asking anybody. */
export function answerEstimate(turn: Turn, journey: Journey): void {
  const { request } = journey;
  const { wire } = request.route;
  const counting = wire && translators[wire].counting;
  if (!counting) throw new Error(`${request.route.endpoint} cannot be counted`);
  try {
    const question = counting.readQuestion(JSON.parse(request.body.toString('utf8')), request);
    const body = Buffer.from(JSON.stringify(counting.writeCount(estimateTokens(question))));
    sendWhole(turn.answer, 200, ['content-type', 'application/json'], body);
    closeBooks(turn.house, journey, closed('completed', 200));
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    refuseHeld(turn, inexpressibleRefusal(error));
  }
}
