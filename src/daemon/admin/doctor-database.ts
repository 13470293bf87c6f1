import { listAudit } from '../../core/audit/index.ts';
import { migrationStatus } from '../../core/database/index.ts';
import { MINUTE_MS, toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { fail, type NamedCheck, ok, warn } from './doctor-check.ts';

/** Before it, SQLite could corrupt a WAL file that had two connections. */
const SQLITE_FLOOR = [3, 51, 3] as const;

export function databaseChecks(deps: AdminDeps): readonly NamedCheck[] {
  return [
    ['database-version', () => checkVersion(deps)],
    ['durability', () => checkDurability(deps)],
    ['schema', () => checkSchema(deps)],
    ['clock', () => checkClock(deps)],
  ];
}

async function checkVersion(deps: AdminDeps) {
  const { version } = await deps.database.describe();
  if (deps.database.dialect === 'postgres' || isAtLeast(version, SQLITE_FLOOR)) return ok(version);
  return fail(`${version} can corrupt its file`, `run on SQLite ${SQLITE_FLOOR.join('.')} or newer: reinstall Realms`);
}

async function checkDurability(deps: AdminDeps) {
  const { settings } = await deps.database.describe();
  const shown = Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  const wanted: Readonly<Record<string, readonly string[]>> =
    deps.database.dialect === 'sqlite'
      ? { journal_mode: ['wal'], synchronous: ['2', '3'] }
      : { fsync: ['on'], full_page_writes: ['on'], synchronous_commit: ['on', 'remote_write', 'remote_apply'] };
  const loose = Object.entries(wanted).filter(
    ([name, allowed]) => name in settings && !allowed.includes(settings[name] ?? ''),
  );
  if (loose.length === 0) return ok(shown);
  const fixes = loose.map(([name, [value]]) => `${name}=${value}`).join(', ');
  return fail(`${shown}: a power cut can lose what was acknowledged`, `set ${fixes} on the database`);
}

async function checkSchema(deps: AdminDeps) {
  const { pending, unknown, changed, applied } = await migrationStatus(deps.database, deps.migrations);
  if (unknown.length > 0)
    return fail(`made by a newer Realms: ${unknown.join(', ')}`, 'run that version, or restore a backup');
  if (changed.length > 0) return fail(`made by an unreleased build: ${changed.join(', ')}`, 'restore a backup');
  if (pending.length > 0) {
    return fail(
      `not applied: ${pending.map((step) => step.name).join(', ')}`,
      'realms migrate up, with the daemon down',
    );
  }
  return ok(`${applied.length} steps, up to date`);
}

/** Times that were written must not lie in the future, or the clock has gone back since. */
async function checkClock(deps: AdminDeps) {
  const now = deps.ctx.clock.now();
  const [latest] = (await listAudit(deps.ctx, { limit: 1 })).items;
  if (latest && latest.at > now + MINUTE_MS) {
    return fail(
      `it is ${toRfc3339(now)} here, but something was written at ${toRfc3339(latest.at)}`,
      'synchronise the clock',
    );
  }
  if (deps.database.dialect === 'sqlite') return ok(toRfc3339(now));
  const answer = await deps.database.knex.raw('select extract(epoch from clock_timestamp()) * 1000 as now');
  const differenceMs = Math.round(Math.abs(Number(answer.rows[0].now) - now));
  if (differenceMs < MINUTE_MS) return ok(`${differenceMs} ms apart from the database`);
  return warn(`${differenceMs} ms apart from the database`, 'synchronise the clocks of both machines');
}

function isAtLeast(version: string, floor: readonly number[]): boolean {
  const parts = (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
  for (const [index, wanted] of floor.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
