import { createHash } from 'node:crypto';
import { readJson, readString } from '../wire/index.ts';
import { isRecord } from './dialects/index.ts';
import { makesSealedItems, type RelayRequest } from './relay-request.ts';

/** Ids of things that live at one provider account, so that only that account can serve the request. */
export interface HardSign {
  readonly source: string;
  readonly objectId: string;
  /** Unknown ids of this kind are refused; unknown marks (encrypted items) are not: they may come from elsewhere. */
  readonly mustBeKnown: boolean;
}

/** What names the conversation, so that it can stay where its cache is. */
export interface SoftSign {
  readonly source: string;
  readonly name: string;
}

const ENCRYPTED_KEY = Buffer.from('"encrypted_content"');
const ENCRYPTED_MAX = 4;
const QUOTE = 0x22;
const METADATA_MAX_BYTES = 4_096;

/** The hard signs of a request, strongest first. */
export function hardSigns(request: RelayRequest): readonly HardSign[] {
  const signs: HardSign[] = [];
  const { scan, body, incoming } = request;
  if (incoming.objectId) signs.push({ source: 'path', objectId: incoming.objectId, mustBeKnown: true });
  if (!scan) return signs;
  const previous = scan.get('previous_response_id');
  if (previous?.kind === 'string') {
    signs.push({ source: 'previous_response_id', objectId: readString(body, previous), mustBeKnown: true });
  }
  if (!makesSealedItems(request.route)) return signs;
  for (const mark of encryptedMarks(body))
    signs.push({ source: 'encrypted_content', objectId: mark, mustBeKnown: false });
  return signs;
}

/** The first sign in the order that clients mean it; null when nothing names the conversation. */
export function softSign(request: RelayRequest): SoftSign | null {
  const { scan, body, incoming } = request;
  if (scan) {
    const cacheKey = scan.get('prompt_cache_key');
    if (cacheKey?.kind === 'string') return { source: 'prompt_cache_key', name: readString(body, cacheKey) };
  }
  if (incoming.sessionHeader) return incoming.sessionHeader;
  if (!scan) return null;
  const conversation = scan.get('conversation');
  if (conversation?.kind === 'string') return { source: 'conversation', name: readString(body, conversation) };
  const metadata = scan.get('metadata');
  if (metadata?.kind !== 'object' || metadata.end - metadata.start > METADATA_MAX_BYTES) return null;
  const value = readJson(body, metadata);
  const userId = isRecord(value) ? value['user_id'] : null;
  return typeof userId === 'string' && userId !== '' ? { source: 'metadata.user_id', name: userId } : null;
}

/**
 * Marks of encrypted items (reasoning, compaction) in a request or an answer: hashes of their last few contents. Such
 * an item can be read only by the account that made it. The key cannot occur within a JSON string, where its quotes
 * would be escaped, so a byte search finds exactly the members of that name.
 */
export function encryptedMarks(bytes: Buffer): readonly string[] {
  const marks: string[] = [];
  let at = bytes.lastIndexOf(ENCRYPTED_KEY);
  while (at >= 0 && marks.length < ENCRYPTED_MAX) {
    const mark = markAt(bytes, at + ENCRYPTED_KEY.length);
    if (mark) marks.push(mark);
    at = at === 0 ? -1 : bytes.lastIndexOf(ENCRYPTED_KEY, at - 1);
  }
  return marks;
}

function markAt(bytes: Buffer, afterKey: number): string | null {
  const start = bytes.indexOf(QUOTE, afterKey);
  // Between key and value stand a colon and white space; null or an object has no quote so near.
  if (start < 0 || !/^\s*:\s*$/.test(bytes.toString('latin1', afterKey, Math.min(start, afterKey + 16)))) return null;
  const end = bytes.indexOf(QUOTE, start + 1);
  if (end <= start + 1) return null;
  return `enc_${createHash('sha256')
    .update(bytes.subarray(start + 1, end))
    .digest('base64url')}`;
}
