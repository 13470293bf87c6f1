import type { Json, UpstreamRequest } from '../form/index.ts';

/** A request of the OpenAI APIs: a JSON body, answered by JSON or a stream. */
export function post(path: string, stream: boolean, body: Json): UpstreamRequest {
  const accept = stream ? 'text/event-stream' : 'application/json';
  return { path, headers: ['content-type', 'application/json', 'accept', accept], body };
}
