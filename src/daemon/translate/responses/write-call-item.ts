import type { Json } from '../form/index.ts';
import type { CalledTool } from './namespaces.ts';
import { added, type OutputItem } from './output-item.ts';

/** A call of a function, or of a custom tool: its input comes in pieces and then once more as a whole. */
export function callItem(callId: string, tool: CalledTool, isCustom: boolean, id: string, index: number): OutputItem {
  const [type, events, field] = isCustom
    ? ['custom_tool_call', 'response.custom_tool_call_input', 'input']
    : ['function_call', 'response.function_call_arguments', 'arguments'];
  const place = { item_id: id, output_index: index };
  let input = '';
  const item = (status: string): Json => ({ id, type, status, [field]: input, call_id: callId, ...tool });
  return {
    begin: () => [added(index, item('in_progress'))],
    add(more) {
      input += more;
      return [{ type: `${events}.delta`, ...place, delta: more }];
    },
    cite: () => [],
    end: () => ({ events: [{ type: `${events}.done`, ...place, [field]: input }], item: item('completed') }),
  };
}
