import { FieldTable, type Member, readJson, readString, type ScannedObject, scanObject } from '../../wire/index.ts';
import { type AnswerFacts, noFacts } from './dialect.ts';
import { failureOf } from './openai-error.ts';
import { readOpenaiUsage } from './openai-usage.ts';

type AnswerField = 'id' | 'model' | 'usage' | 'service_tier' | 'status' | 'error';
const ANSWER_FIELDS = new FieldTable<AnswerField>(['id', 'model', 'usage', 'service_tier', 'status', 'error']);
/** Of the Responses API. */
const RUNNING: readonly (string | null)[] = ['queued', 'in_progress'];

/** Reads the facts of a JSON answer of any OpenAI-shaped API; null when it is not a JSON object. */
export function readOpenaiJson(body: Buffer): AnswerFacts | null {
  const scanned = scanObject(body, ANSWER_FIELDS);
  return scanned.ok ? factsOf(body, scanned) : null;
}

/** The same for an object within a body, such as `response` in a terminal event. */
export function readOpenaiMember(body: Buffer, member: Member): AnswerFacts {
  const scanned = scanObject(body, ANSWER_FIELDS, member);
  return scanned.ok ? factsOf(body, scanned) : noFacts();
}

function factsOf(body: Buffer, scanned: ScannedObject<AnswerField>): AnswerFacts {
  const usage = scanned.get('usage');
  const error = scanned.get('error');
  return {
    usage: usage?.kind === 'object' ? readOpenaiUsage(readJson(body, usage)) : null,
    servedModel: stringOf(body, scanned.get('model')),
    serviceTier: stringOf(body, scanned.get('service_tier')),
    objectId: stringOf(body, scanned.get('id')),
    isRunning: RUNNING.includes(stringOf(body, scanned.get('status'))),
    failure: error?.kind === 'object' ? failureOf(readJson(body, error)) : null,
  };
}

/** The text of a member, or null when it is missing or no string. */
export function stringOf(body: Buffer, member: Member | undefined): string | null {
  return member?.kind === 'string' ? readString(body, member) : null;
}
