import { Failure } from '../failure.ts';
import type { PaymentProvider } from './provider.ts';

/** Plans that are bought from the wallet. */
export const BALANCE = 'balance';

/** Nobody outside takes part: buying is one transaction of `payFromBalance`, and what goes back is posted at once. */
export function balanceProvider(): PaymentProvider {
  return {
    name: BALANCE,
    form: { checkSettings: requireNone(BALANCE), requiredSecrets: [], optionalSecrets: [] },
    answers: { accepted: { status: 200, body: 'ok' }, refused: { status: 404, body: 'not found' } },
    currencies: null,
    start: async () => await refuse('a balance is not asked for money'),
    readCallback: async () => await refuse('nobody calls back about a balance'),
    query: async () => ({ state: 'unknown_there', facts: [] }),
    refund: async () => ({ state: 'succeeded', refundRef: null }),
    findRefund: async () => ({ state: 'succeeded', refundRef: null }),
  };
}

/** @throws Failure invalid_input for any setting. */
function requireNone(provider: string): (settings: Readonly<Record<string, unknown>>) => Record<string, never> {
  return (settings) => {
    const [name] = Object.keys(settings);
    if (name === undefined) return {};
    throw new Failure('invalid_input', {
      message: `a channel of ${provider} has no setting "${name.slice(0, 40)}"`,
      param: name,
    });
  };
}

async function refuse(message: string): Promise<never> {
  throw new Failure('forbidden', message);
}
