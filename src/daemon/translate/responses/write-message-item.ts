import type { Citation, Json } from '../form/index.ts';
import { added, type OutputItem, type StreamEvent } from './output-item.ts';

/** A message with one part: words, or the words of a refusal. */
export function messageItem(kind: 'text' | 'refusal', id: string, index: number): OutputItem {
  const word = kind === 'text' ? 'output_text' : 'refusal';
  const place = { item_id: id, output_index: index, content_index: 0 };
  const annotations: Json[] = [];
  let text = '';
  const part = (): Json =>
    kind === 'text'
      ? { type: 'output_text', annotations: [...annotations], logprobs: [], text }
      : { type: 'refusal', refusal: text };
  const item = (status: string, content: readonly Json[]): Json => ({
    id,
    type: 'message',
    status,
    content,
    role: 'assistant',
  });
  // Words come with the probabilities that nobody asked for.
  const logprobs = kind === 'text' ? { logprobs: [] } : {};
  return {
    begin: () => [
      added(index, item('in_progress', [])),
      { type: 'response.content_part.added', ...place, part: part() },
    ],
    add(more) {
      text += more;
      return [{ type: `response.${word}.delta`, ...place, delta: more, ...logprobs }];
    },
    cite(citation) {
      if (kind !== 'text') return [];
      const annotation = annotationOf(citation, text.length);
      annotations.push(annotation);
      const event: StreamEvent = { type: 'response.output_text.annotation.added', ...place, annotation };
      return [{ ...event, annotation_index: annotations.length - 1 }];
    },
    end: () => ({
      events: [
        { type: `response.${word}.done`, ...place, [kind]: text, ...logprobs },
        { type: 'response.content_part.done', ...place, part: part() },
      ],
      item: item('completed', [part()]),
    }),
  };
}

function annotationOf({ url, title, span }: Citation, at: number): Json {
  const { start, end } = span ?? { start: at, end: at };
  return { type: 'url_citation', start_index: start, end_index: end, title: title ?? url, url };
}
