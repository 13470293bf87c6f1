import type { ResponseOf, showUser } from '../../../core/contract/index.ts';
import { type Answer, type Column, item } from '../../render/answer.ts';
import { instant, orNone } from '../../render/cells.ts';
import { limitFields } from '../limit-flags.ts';

type User = ResponseOf<typeof showUser>;

export const ROLES = ['root', 'admin', 'operator', 'user'] as const;
export const STATUSES = ['active', 'past_due', 'suspended', 'closed'] as const;

export const USER_COLUMNS: readonly Column<User>[] = [
  { title: 'ID', cell: (row) => row.id },
  { title: 'NAME', cell: (row) => row.name },
  { title: 'ROLE', cell: (row) => row.role },
  { title: 'STATUS', cell: (row) => ({ text: row.status, tone: row.status === 'active' ? 'good' : 'warn' }) },
  { title: 'RPM', right: true, cell: (row) => orNone(row.rpm) },
  { title: 'TPM', right: true, cell: (row) => orNone(row.tpm) },
  { title: 'AT ONCE', right: true, cell: (row) => orNone(row.concurrency) },
  { title: 'CREATED', cell: (row) => instant(row.created_at) },
];

export function showOne(user: User): Answer {
  return item(user, [
    ['name', user.name],
    ['id', user.id],
    ['role', user.role],
    ['status', user.status],
    ...limitFields(user),
    ['created', instant(user.created_at)],
  ]);
}
