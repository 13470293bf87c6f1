import type { Citation, Json, Told } from '../form/index.ts';

/** What every chunk and the whole answer begin with. The upstream's id stays if it is one of this API. */
export function answerHead(
  object: 'chat.completion' | 'chat.completion.chunk',
  upstreamId: string | null,
  told: Told,
): Json {
  const id = upstreamId?.startsWith('chatcmpl-') ? upstreamId : `chatcmpl-${told.seed}`;
  return { id, object, created: told.createdAt, model: told.model };
}

/**
 * A source. Places count from the beginning of the content: `offset` is where the block with the words begins, `at` where
 * the source stands if the upstream did not say which words it backs.
 */
export function annotation({ url, title, span }: Citation, offset: number, at: number): Json {
  const place = span
    ? { start_index: offset + span.start, end_index: offset + span.end }
    : { start_index: at, end_index: at };
  return { type: 'url_citation', url_citation: { ...place, url, title: title ?? url } };
}
