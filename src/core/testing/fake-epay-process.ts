import { type FakeEpayOptions, startFakeEpay } from './fake-epay.ts';

// A gateway as a process of its own. Argument: options as JSON, e.g. {"port":18090}. What it is called and where it stands
// comes as one line of JSON on stdout.

const fake = await startFakeEpay(JSON.parse(process.argv[2] ?? '{}') as FakeEpayOptions);
process.stdout.write(`${JSON.stringify({ url: fake.url, pid: fake.pid, key: fake.key })}\n`);
