import * as contract from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import { findUser } from '../../core/identity/index.ts';
import type { UserId } from '../../core/ids.ts';
import {
  type CheckResult,
  type LedgerAccount,
  type LedgerCheck,
  listTransfers,
  runCheck,
  sumAccounts,
  TRANSFER_KINDS,
  type Transfer,
  type TransferFilter,
  userOfTransfer,
  VIOLATIONS_MAX,
} from '../../core/ledger/index.ts';
import { formatUsd } from '../../core/money.ts';
import { PAGE_LIMIT_DEFAULT } from '../../core/page.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantOf, pageView, wholeList } from './formats.ts';
import { given } from './given.ts';
import { ALL_CHECKS } from './ledger-checks.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type TransferView = contract.ResponseOf<typeof contract.listTransfers>['items'][number];

export function ledgerRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listTransfers, async ({ query }) => {
      const filter = await filterOf(deps, query);
      await deps.usage.flush();
      const page = { limit: query.limit ?? PAGE_LIMIT_DEFAULT, cursor: query.cursor };
      return pageView(await listTransfers(deps.ctx, filter, page), (transfer) => viewTransfer(deps, transfer));
    }),

    serve(contract.listAccounts, async () => {
      await deps.usage.flush();
      const sums = await sumAccounts(deps.ctx);
      return wholeList(
        sums.map(({ account, transfers, debitUsdMicros, creditUsdMicros }) => ({
          account,
          transfers,
          debit_usd: formatUsd(debitUsdMicros),
          credit_usd: formatUsd(creditUsdMicros),
          balance_usd: formatUsd(creditUsdMicros - debitUsdMicros),
        })),
      );
    }),

    serve(contract.listChecks, async () => wholeList(ALL_CHECKS.map(({ name, doc }) => ({ name, doc })))),

    serve(contract.verifyLedger, async ({ query }) => {
      const checks = query.check === undefined ? ALL_CHECKS : [checkNamed(query.check)];
      await deps.usage.flush();
      const results: CheckResult[] = [];
      for (const check of checks) results.push(await runCheck(deps.ctx, check));
      logViolations(deps, results);
      return { ok: results.every(isClean), checks: results.map(viewResult) };
    }),
  ];
}

type FilterQuery = Omit<contract.QueryOf<typeof contract.listTransfers>, 'limit' | 'cursor'>;

async function filterOf(deps: AdminDeps, query: FilterQuery): Promise<TransferFilter> {
  return given({
    userId: query.user === undefined ? undefined : await userIdOf(deps, query.user),
    kind: query.kind === undefined ? undefined : kindNamed(query.kind),
    refId: query.ref,
    account: query.account as LedgerAccount | undefined,
    since: query.since === undefined ? undefined : instantOf(query.since),
    until: query.until === undefined ? undefined : instantOf(query.until),
  });
}

async function userIdOf(deps: AdminDeps, ref: string): Promise<UserId> {
  return (await findUser(deps.ctx, ref)).id;
}

function kindNamed(name: string): (typeof TRANSFER_KINDS)[number] {
  const kind = TRANSFER_KINDS.find((each) => each === name);
  if (kind) return kind;
  throw new Failure('invalid_input', {
    message: `there is no kind of transfer "${name}"`,
    hint: `there are ${TRANSFER_KINDS.join(', ')}`,
    param: 'kind',
  });
}

function checkNamed(name: string): LedgerCheck {
  const check = ALL_CHECKS.find((each) => each.name === name);
  if (check) return check;
  throw notFound(
    'check',
    name,
    ALL_CHECKS.map((each) => each.name),
  );
}

function isClean({ violations }: CheckResult): boolean {
  return violations.length === 0;
}

/** Whoever asked may not be whoever has to know. */
function logViolations({ ctx }: AdminDeps, results: readonly CheckResult[]): void {
  for (const { check, violations } of results) {
    const [first] = violations;
    if (!first) continue;
    ctx.log.error({ check: check.name, rows: violations.length, first }, 'the books do not balance');
  }
}

function viewResult({ check, violations, tookMs }: CheckResult) {
  return {
    name: check.name,
    doc: check.doc,
    ok: violations.length === 0,
    violations: [...violations],
    complete: violations.length < VIOLATIONS_MAX,
    took_ms: Math.round(tookMs),
  };
}

function viewTransfer({ live }: AdminDeps, transfer: Transfer): TransferView {
  const userId = userOfTransfer(transfer);
  return {
    id: transfer.id,
    at: toRfc3339(transfer.at),
    kind: transfer.kind,
    debit_account: transfer.debitAccount,
    credit_account: transfer.creditAccount,
    amount_usd: formatUsd(transfer.amountUsdMicros),
    amount_usd_micros: transfer.amountUsdMicros,
    user_id: userId,
    user: userId === null ? null : (live.state.identity.userById.get(userId)?.name ?? null),
    ref_type: transfer.refType,
    ref_id: transfer.refId,
    actor: transfer.actor,
    reason: transfer.reason,
  };
}
