import type { AnswerEvent, EventWriter, Told } from '../form/index.ts';
import { AnswerScript } from './answer-script.ts';

/** Writes the stream of a response: events named by their type and numbered from 0; there is no `[DONE]`. */
export class ResponsesWriter implements EventWriter {
  readonly #script: AnswerScript;
  #sequence = 0;

  constructor(told: Told) {
    this.#script = new AnswerScript(told);
  }

  write(event: AnswerEvent): string {
    const events = this.#script.say(event).map((said) => {
      const data = JSON.stringify({ ...said, sequence_number: this.#sequence++ });
      return `event: ${said.type}\ndata: ${data}\n\n`;
    });
    return events.join('');
  }
}
