import type { ResponseOf, verifyLedger as verifyLedgerRoute } from '../../../core/contract/index.ts';
import { leaf, optionalArg } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Answer, Cell } from '../../render/answer.ts';
import { span } from '../../render/cells.ts';

type Result = ResponseOf<typeof verifyLedgerRoute>['checks'][number];

export const verifyLedger = leaf({
  name: 'verify',
  about: 'prove that the books balance; ends with 1 and names the rows when they do not',
  examples: ['realms ledger verify', 'realms ledger verify balances-equal-transfers -o json'],
  args: { check: optionalArg('only this check') },
  run: async (context, { args }) => {
    const { listChecks, verifyLedger } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    const names = args.check ? [args.check] : (await client.call(listChecks, {})).items.map((check) => check.name);
    const results: Result[] = [];
    // One call for each, so that what is said to be under way is.
    for (const [at, check] of names.entries()) {
      context.say(`${at + 1}/${names.length} ${check}`);
      results.push(...(await client.call(verifyLedger, { query: { check } }, { slow: true })).checks);
    }
    return report(results);
  },
});

function report(checks: readonly Result[]): Answer {
  const width = Math.max(0, ...checks.map((check) => check.name.length));
  const failed = checks.filter((check) => !check.ok);
  const sum = `${failed.length} of ${checks.length} checks found something`;
  const last: Cell = failed.length === 0 ? { text: `the books balance: ${checks.length} checks`, tone: 'good' } : sum;
  return {
    data: { ok: failed.length === 0, checks },
    view: { kind: 'text', lines: [...checks.flatMap((check) => linesOf(check, width)), last] },
    names: failed.map((check) => check.name),
    exit: failed.length === 0 ? EXIT.done : EXIT.failed,
  };
}

function linesOf({ name, doc, ok, violations, complete, took_ms }: Result, width: number): Cell[] {
  if (ok) return [{ text: `ok    ${name.padEnd(width)}  ${span(took_ms)}`, tone: 'good' }];
  return [
    { text: `FAIL  ${name.padEnd(width)}  ${span(took_ms)}  it should be so: ${doc}`, tone: 'bad' },
    ...violations.map(({ subject, detail }) => `      ${subject}: ${detail}`),
    ...(complete ? [] : ['      and more than are named here']),
  ];
}
