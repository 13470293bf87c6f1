import { FieldTable } from '../../wire/index.ts';
import type { RequestField } from './dialect.ts';

export const REQUEST_FIELDS = new FieldTable<RequestField>([
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'prompt_cache_key',
  'previous_response_id',
  'conversation',
  'store',
  'service_tier',
  'metadata',
  'background',
  'user',
]);
