import type { listMigrations, ResponseOf } from '../../../core/contract/index.ts';
import type { MigrationStatus, Migration as Step } from '../../../core/database/index.ts';
import { toRfc3339 } from '../../../core/time.ts';
import { type Answer, type Cell, type Column, list } from '../../render/answer.ts';
import { instant } from '../../render/cells.ts';

type Migrations = ResponseOf<typeof listMigrations>;
type Migration = Migrations['items'][number];

const COLUMNS: readonly Column<Migration>[] = [
  { title: 'STEP', cell: (row) => row.name },
  { title: 'STATE', cell: (row) => stateCell(row.state) },
  { title: 'APPLIED', cell: (row) => instant(row.applied_at) },
  { title: 'BREAKING', cell: (row) => (row.breaking ? 'yes' : '-') },
];

export function showMigrations(migrations: Migrations, notes: readonly string[] = []): Answer {
  const answer = list(migrations, COLUMNS, 'no steps');
  return { ...answer, names: migrations.items.map((step) => step.name), notes };
}

/** What the daemon would answer, told from the database itself. */
export function viewStatus(status: MigrationStatus, steps: readonly Step[]): Migrations {
  const appliedAt = new Map(status.applied.map((step) => [step.name, step.appliedAt]));
  const known = steps.map((step): Migration => {
    const at = appliedAt.get(step.name);
    const state = status.changed.includes(step.name) ? 'changed' : at === undefined ? 'pending' : 'applied';
    return {
      name: step.name,
      state,
      applied_at: at === undefined ? null : toRfc3339(at),
      breaking: step.breaking === true,
    };
  });
  const unknown = status.unknown.map((name): Migration => {
    const at = appliedAt.get(name);
    return { name, state: 'unknown', applied_at: at === undefined ? null : toRfc3339(at), breaking: false };
  });
  return { items: [...known, ...unknown], next_cursor: null };
}

function stateCell(state: string): Cell {
  if (state === 'applied') return { text: state, tone: 'good' };
  return { text: state, tone: state === 'pending' ? 'warn' : 'bad' };
}
