import { Failure } from '../../failure.ts';
import { type Clock, epochMs } from '../../time.ts';
import type {
  CallbackReading,
  ListedPayment,
  OpenChannel,
  PaidAttempt,
  PaymentAttempt,
  PaymentProvider,
  ProviderStanding,
  RawCallback,
  RefundAnswer,
  RefundInput,
  ReversalFact,
  StartInput,
} from '../provider.ts';

/** A provider whose every answer a test decides. A callback is signed when its header `signature` is the channel's secret. */
export interface FakeProvider extends PaymentProvider {
  readonly started: StartInput[];
  readonly asked: string[];
  readonly refunds: RefundInput[];
  readonly closed: string[];
  readonly stopped: string[];
  /** By reference; absent: pending. */
  readonly standings: Map<string, ProviderStanding>;
  onStart: ((input: StartInput) => Promise<void>) | null;
  onQuery: ((attempt: PaymentAttempt) => Promise<void>) | null;
  onRefund: (input: RefundInput) => Promise<RefundAnswer>;
  onFindRefund: ((input: RefundInput) => Promise<RefundAnswer | null>) | null;
  /** Null: it tells no totals. */
  onTotals: ((payment: PaidAttempt) => Promise<ReversalFact | null>) | null;
  /** Pages are numbered and taken for so long; null: for ever, and each attempt has one. */
  pageLifeMs: number | null;
  listed: ListedPayment[] | Error;
}

export function fakeProvider(clock: Clock): FakeProvider {
  const fake: FakeProvider = {
    name: 'fake',
    form: {
      checkSettings: (settings) => settings,
      requiredSecrets: ['key'],
      optionalSecrets: ['extra'],
      checkSecrets: (_settings, secrets) => ({ livemode: !secrets['key']?.reveal().startsWith('test_') }),
    },
    answers: { accepted: { status: 200, body: 'success' }, refused: { status: 200, body: 'fail' } },
    currencies: null,
    started: [],
    asked: [],
    refunds: [],
    closed: [],
    stopped: [],
    standings: new Map(),
    onStart: null,
    onQuery: null,
    onRefund: async () => ({ state: 'succeeded', refundRef: 're_1' }),
    onFindRefund: null,
    onTotals: null,
    pageLifeMs: null,
    listed: [],

    async start(input) {
      fake.started.push(input);
      await fake.onStart?.(input);
      const { id, reference } = input.attempt;
      const page = {
        payUrl: `https://pay.example/${reference}`,
        qrText: 'qr',
        providerRef: `p_${id}`,
      };
      if (fake.pageLifeMs === null) return page;
      const validUntil = epochMs(clock.now() + fake.pageLifeMs);
      return { ...page, payUrl: `${page.payUrl}?page=${fake.started.length}`, validUntil };
    },
    async readCallback(channel, callback) {
      return readSigned(channel, callback);
    },
    async query(_channel, attempt) {
      fake.asked.push(attempt.reference);
      await fake.onQuery?.(attempt);
      return fake.standings.get(attempt.reference) ?? { state: 'pending', facts: [] };
    },
    async refund(input) {
      fake.refunds.push(input);
      return await fake.onRefund(input);
    },
    async findRefund(input) {
      return (await fake.onFindRefund?.(input)) ?? null;
    },
    async totals(_channel, payment) {
      return (await fake.onTotals?.(payment)) ?? null;
    },
    async close(_channel, attempt) {
      fake.closed.push(attempt.reference);
    },
    async stopRenewal(_channel, subscriptionRef) {
      fake.stopped.push(subscriptionRef);
    },
    async *list() {
      if (fake.listed instanceof Error) throw fake.listed;
      yield* fake.listed;
    },
  };
  return fake;
}

/** A callback as the fake reads it. */
export function fakeCallback(
  reading: Omit<CallbackReading, 'shown'>,
  key = 'test_key_1',
  receivedAt = epochMs(Date.UTC(2026, 0, 1)),
): RawCallback {
  return {
    method: 'POST',
    query: '',
    headers: { signature: key },
    body: Buffer.from(JSON.stringify(reading)),
    receivedAt,
  };
}

function readSigned({ secrets }: OpenChannel, { headers, body }: RawCallback): CallbackReading {
  if (headers['signature'] !== secrets['key']?.reveal()) throw new Failure('forbidden', 'the signature does not match');
  const reading = JSON.parse(body.toString('utf8')) as CallbackReading;
  return { ...reading, shown: JSON.stringify(reading.facts) };
}
