import { machineClock } from './fake-clock.ts';
import { type FakeStripeOptions, startFakeStripe } from './fake-stripe.ts';

// A Stripe account as a process of its own, so that it outlives whatever is killed beside it. Its clock is the machine's,
// and can be turned on. Usage: node --import tsx fake-stripe-process.ts '{"port": 18091}'

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<FakeStripeOptions, 'clock'>;
const fake = await startFakeStripe({ ...options, clock: machineClock() });
process.stdout.write(`fake stripe serves ${fake.url}\n`);
process.once('SIGTERM', () => {
  fake.close().catch(() => process.exit(1));
});
