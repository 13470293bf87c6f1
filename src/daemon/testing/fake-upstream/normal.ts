import { type Answer, errorBody, jsonAnswer } from './answer.ts';
import { answerMessages, answerMessagesCount } from './anthropic.ts';
import { answerChat } from './chat.ts';
import { type CompletionChanges, CREATED_AT_S, completionOf } from './completion.ts';
import type { Behaviour, Exchange } from './exchange.ts';
import { answerGemini } from './gemini.ts';
import { answerResponses, responsesUsage } from './responses.ts';

const EMBEDDING_LENGTH = 8;

/** Answers every path as a healthy provider would; `changes` say what the model says and what it used. */
export function answerNormally(changes: CompletionChanges = {}): Behaviour {
  const completion = completionOf(changes);
  return (exchange) => {
    const { method, path } = exchange.request;
    // The base address may have any prefix: /v1, /backend-api/codex or none.
    const [noun = '', id, verb] = path.replace(/^.*?\/(?=chat\/|responses|messages|embeddings|models)/, '').split('/');
    const [, geminiMethod] = noun === 'models' && method === 'POST' ? (id?.split(':') ?? []) : [];
    if (geminiMethod !== undefined) return answerGemini(completion, exchange, geminiMethod);
    switch (`${method} ${noun}${id === undefined ? '' : `/${id}`}`) {
      case 'POST chat/completions':
        return answerChat(completion, exchange);
      case 'POST responses':
        return answerResponses(completion, exchange);
      case 'POST messages':
        return answerMessages(completion, exchange);
      case 'POST messages/count_tokens':
        return answerMessagesCount(completion, exchange);
      case 'POST responses/input_tokens':
        return jsonAnswer(200, { object: 'response.input_tokens', input_tokens: completion.usage?.input ?? 0 });
      case 'POST responses/compact':
        return jsonAnswer(200, compaction(exchange, completion.usage ? responsesUsage(completion.usage) : null));
      case 'POST embeddings':
        return embeddings(exchange, completion.usage?.input ?? 0);
      case 'GET models':
        return jsonAnswer(200, { object: 'list', data: exchange.models.map(modelObject) });
      default:
    }
    if (noun === 'responses' && id !== undefined) return exchange.stored.answer(exchange.request, id, verb);
    if (noun === 'models' && id !== undefined && exchange.models.includes(id)) return jsonAnswer(200, modelObject(id));
    return jsonAnswer(404, errorBody({ message: `Invalid URL (${method} ${path})` }));
  };
}

function modelObject(id: string): object {
  return { id, object: 'model', created: CREATED_AT_S, owned_by: 'fake-upstream' };
}

function embeddings({ request }: Exchange, inputTokens: number): Answer {
  const { input, encoding_format: format, model } = request.json;
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  const data = inputs.map((_, index) => {
    const vector = Float32Array.from({ length: EMBEDDING_LENGTH }, (_unused, at) => (index + at) / EMBEDDING_LENGTH);
    const embedding = format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  return jsonAnswer(200, {
    object: 'list',
    data,
    model,
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  });
}

function compaction({ serial }: Exchange, usage: object | null): object {
  const item = { id: `cmp_fake${serial}`, type: 'compaction', encrypted_content: `sealed-${serial}` };
  return { id: `resp_fake${serial}`, object: 'response.compaction', created_at: CREATED_AT_S, output: [item], usage };
}
