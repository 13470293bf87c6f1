import { Failure } from '../../failure.ts';
import { ADDRESS_DENIED, ANSWER_TOO_LARGE, callOutbound, OutboundError, TIMED_OUT } from '../../outbound.ts';
import { isPrivateAddress } from '../../upstreams/index.ts';
import { encodeFields, type Fields } from './form-fields.ts';
import { type Answer, readAnswer, textAt } from './gateway-answer.ts';
import type { EpayMerchant } from './merchant.ts';

export interface EpayLimits {
  readonly connectTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly maxAnswerBytes: number;
  /** Of at most 50 orders each, when the orders of a time are listed. */
  readonly maxPages: number;
}

export const EPAY_LIMITS: EpayLimits = {
  connectTimeoutMs: 5_000,
  totalTimeoutMs: 15_000,
  maxAnswerBytes: 1_048_576,
  maxPages: 400,
};

/** The gateway gave no answer that can be used. */
export class GatewayTrouble extends Failure {
  /** False when it is certain that nothing of the call has reached the gateway. */
  readonly mayHaveArrived: boolean;

  constructor(message: string, mayHaveArrived: boolean, cause?: unknown) {
    super('upstream_failed', `the gateway ${message}`, cause);
    this.mayHaveArrived = mayHaveArrived;
  }
}

/** For `.catch`: trouble is an answer too where money may have moved. */
export function troubleOf(error: unknown): GatewayTrouble {
  if (error instanceof GatewayTrouble) return error;
  throw error;
}

export interface GatewayCall {
  readonly method: 'GET' | 'POST';
  /** Appended to the base address, e.g. `api.php`. */
  readonly path: string;
  readonly query?: Fields;
  readonly form?: Fields;
}

const TROUBLES: Readonly<Record<string, string>> = {
  [ADDRESS_DENIED]: 'has a private address, which this channel may not use',
  [ANSWER_TOO_LARGE]: 'answered too much',
  [TIMED_OUT]: 'did not answer in time',
};
const MESSAGE_MAX_CHARS = 200;

/**
 * One call, never repeated. Its address is in no error, because a V1 query carries the key.
 * @throws GatewayTrouble when no JSON object came.
 */
export async function callGateway(merchant: EpayMerchant, limits: EpayLimits, call: GatewayCall): Promise<Answer> {
  const { status, text } = await exchange(merchant, limits, call);
  if (status !== 200) throw new GatewayTrouble(`answered with status ${status}`, true);
  const answer = readAnswer(text);
  if (answer === undefined) throw new GatewayTrouble('answered something that is no JSON object', true);
  return answer;
}

export function addressOf(merchant: EpayMerchant, path: string, query?: Fields): string {
  const address = `${merchant.settings.gateway}/${path}`;
  return query === undefined ? address : `${address}?${encodeFields(query)}`;
}

/** What the gateway says of itself, fit for a log and an operator: short, printable, without the key. */
export function messageOf(merchant: EpayMerchant, answer: Answer): string {
  const key = merchant.key?.reveal();
  const said = textAt(answer, 'msg')
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  const masked = key === undefined ? said : said.replaceAll(key, '…');
  return `said ${textAt(answer, 'code') || 'nothing'}: ${masked.slice(0, MESSAGE_MAX_CHARS) || 'no reason'}`;
}

async function exchange(merchant: EpayMerchant, limits: EpayLimits, call: GatewayCall) {
  try {
    return await callOutbound({
      method: call.method,
      url: addressOf(merchant, call.path, call.query),
      ...(call.form !== undefined && {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: encodeFields(call.form),
      }),
      isAllowedAddress: (ip) => merchant.allowPrivate || !isPrivateAddress(ip),
      ...limits,
    });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    const words =
      TROUBLES[error.code] ?? `${error.mayHaveArrived ? 'broke off' : 'could not be reached'} (${error.code})`;
    throw new GatewayTrouble(words, error.mayHaveArrived, error);
  }
}
