import type { Citation, Json, Seal } from '../form/index.ts';

/** An event of the stream without its number. */
export type StreamEvent = Json & { readonly type: string };

/** An item of the output while it is written (OpenAI API reference, "Streaming events"). */
export interface OutputItem {
  /** Its first events, `output_item.added` among them. */
  begin(): readonly StreamEvent[];
  add(text: string): readonly StreamEvent[];
  cite(citation: Citation): readonly StreamEvent[];
  /** Its last events before `output_item.done`, and what stays of it in the output. Only thoughts can hold a seal. */
  end(seal: Seal | null): { readonly events: readonly StreamEvent[]; readonly item: Json };
}

/** The events that all items begin and end with. */
export function added(index: number, item: Json): StreamEvent {
  return { type: 'response.output_item.added', output_index: index, item };
}

export function done(index: number, item: Json): StreamEvent {
  return { type: 'response.output_item.done', output_index: index, item };
}
