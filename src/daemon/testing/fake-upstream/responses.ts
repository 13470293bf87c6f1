import { type Answer, errorBody, jsonAnswer, sseAnswer } from './answer.ts';
import { type Completion, CREATED_AT_S, modelOf, type TokenCounts } from './completion.ts';
import type { Exchange } from './exchange.ts';
import { type OutputItem, outputEvents, outputItems, type ResponsesEvent } from './responses-output.ts';
import type { ResponseObject } from './stored-responses.ts';

/** POST /responses. */
export function answerResponses(completion: Completion, exchange: Exchange): Answer {
  const { request, stored } = exchange;
  const previous = request.json['previous_response_id'];
  if (typeof previous === 'string' && !stored.find(request.key, previous)) return unknownPrevious(previous);

  const isBackground = request.json['background'] === true;
  const final = finalResponse(completion, exchange);
  if (request.json['store'] !== false) stored.keep(request, final, isBackground);
  if (request.json['stream'] === true) return stream(completion, final, exchange);
  return jsonAnswer(200, isBackground ? stored.find(request.key, final.id)?.response : final);
}

function stream(completion: Completion, final: ResponseObject, exchange: Exchange): Answer {
  const { failure } = completion;
  const started = { ...responseObject(completion, exchange), status: 'in_progress' };
  const opening: ResponsesEvent[] = [
    { type: 'response.created', response: started },
    { type: 'response.in_progress', response: started },
  ];
  const spoken = failure?.afterWords === 0 ? [] : outputEvents(completion, exchange);
  const terminal: ResponsesEvent =
    failure?.as === 'error'
      ? { type: 'error', code: failure.code ?? null, message: failure.message, param: failure.param ?? null }
      : {
          type: `response.${final.status}`,
          response: completion.emptyTerminalOutput ? { ...final, output: [] } : final,
        };
  const events = [...opening, ...spoken, terminal].map((event, sequence) => ({
    event: event.type,
    data: { ...event, sequence_number: sequence },
  }));
  return sseAnswer(events, events.length - 1);
}

function finalResponse(completion: Completion, exchange: Exchange): ResponseObject {
  const { failure, ends } = completion;
  const base = responseObject(completion, exchange);
  if (failure) {
    return { ...base, status: 'failed', error: { code: failure.code ?? 'server_error', message: failure.message } };
  }
  const output: readonly OutputItem[] = outputItems(completion, exchange);
  const usage = completion.usage ? responsesUsage(completion.usage) : null;
  if (ends === 'complete') return { ...base, status: 'completed', output, usage };
  const reason = ends === 'length' ? 'max_output_tokens' : ends;
  return { ...base, status: 'incomplete', incomplete_details: { reason }, output, usage };
}

function responseObject(
  completion: Completion,
  exchange: Exchange,
): Readonly<Record<string, unknown>> & { id: string } {
  const { json } = exchange.request;
  return {
    id: `resp_fake${exchange.serial}`,
    object: 'response',
    created_at: CREATED_AT_S,
    background: json['background'] === true,
    error: null,
    incomplete_details: null,
    instructions: json['instructions'] ?? null,
    max_output_tokens: json['max_output_tokens'] ?? null,
    metadata: json['metadata'] ?? {},
    model: modelOf(completion, exchange),
    output: [],
    parallel_tool_calls: true,
    previous_response_id: json['previous_response_id'] ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: completion.serviceTier,
    store: json['store'] !== false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: json['tools'] ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
  };
}

export function responsesUsage(usage: TokenCounts): object {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cachedInput, cache_write_tokens: usage.cacheWrite },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}

/** An object belongs to the credential that made it. */
function unknownPrevious(id: string): Answer {
  const message = `Previous response with id '${id}' not found.`;
  const error = { message, param: 'previous_response_id', code: 'previous_response_not_found' };
  return jsonAnswer(400, errorBody(error));
}
