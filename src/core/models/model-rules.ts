import { Failure } from '../failure.ts';
import { checkLabel } from '../name.ts';
import type { Model } from './model.ts';

const TOKENS_MAX = 1_000_000_000;
const MODEL_NAME = /^[^\s\p{C}]{1,200}$/u;

export type ModelFacts = Pick<Model, 'publicId' | 'enabled' | 'ownedBy' | 'maxOutputTokens' | 'contextTokens'>;

/**
 * What clients or upstreams call a model: printable, no spaces, at most 200 characters; slashes and colons are common.
 * @throws Failure invalid_input
 */
export function checkModelName(text: string, param: string): string {
  if (isModelName(text)) return text;
  throw new Failure('invalid_input', {
    message: `"${text.slice(0, 80)}" cannot be a model name`,
    hint: 'up to 200 printable characters without spaces',
    param,
  });
}

export function isModelName(text: string): boolean {
  return MODEL_NAME.test(text);
}

/** @throws Failure invalid_input */
export function checkModelFacts<T extends ModelFacts>(model: T): T {
  checkModelName(model.publicId, 'public_id');
  checkLabel(model.ownedBy, 'owned_by');
  requireTokens(model.maxOutputTokens, 'max_output_tokens');
  requireTokens(model.contextTokens, 'context_tokens');
  return model;
}

export function isTokenLimit(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= TOKENS_MAX;
}

function requireTokens(value: number | null, param: string): void {
  if (value === null || isTokenLimit(value)) return;
  throw new Failure('invalid_input', { message: `${param} must be a whole number from 1 to ${TOKENS_MAX}`, param });
}
