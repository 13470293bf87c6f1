import type { Json } from '../form/index.ts';
import { carrySeal } from './carried-seal.ts';
import { added, type OutputItem } from './output-item.ts';

/** Thoughts: a summary of one part once there is any text, and the seal. */
export function reasoningItem(id: string, index: number): OutputItem {
  const place = { item_id: id, output_index: index, summary_index: 0 };
  let text = '';
  const part = (): Json => ({ type: 'summary_text', text });
  return {
    begin: () => [added(index, { id, type: 'reasoning', summary: [] })],
    add(more) {
      const first = text === '' ? [{ type: 'response.reasoning_summary_part.added', ...place, part: part() }] : [];
      text += more;
      return [...first, { type: 'response.reasoning_summary_text.delta', ...place, delta: more }];
    },
    cite: () => [],
    end(seal) {
      const sealed = seal && { encrypted_content: carrySeal(seal, { to: 'reasoning' }) };
      if (text === '') return { events: [], item: { id, type: 'reasoning', summary: [], ...sealed } };
      return {
        events: [
          { type: 'response.reasoning_summary_text.done', ...place, text },
          { type: 'response.reasoning_summary_part.done', ...place, part: part() },
        ],
        item: { id, type: 'reasoning', summary: [part()], ...sealed },
      };
    },
  };
}
