import type { AdminSocket } from './admin-socket.ts';

/** Who asks a Realms, and who pays for it. */
export interface Clientele {
  readonly users: number;
  /** What each user pays by; null: billing is off and nobody pays. */
  readonly payer: 'balance' | 'subscription' | null;
}

/** Limits that nothing reaches, so that the limiter does its work and refuses nobody. */
const LIMITS = { rpm: 1_000_000_000, tpm: 1_000_000_000, concurrency: 1_000_000 };
/** More than a bench of days can spend. */
const PLENTY_USD = '100000000';
const PLAN = 'bench';

/** Makes the users with what they pay by, and a key for each of them. Returns the keys. */
export async function addUsers(admin: AdminSocket, { users, payer }: Clientele): Promise<readonly string[]> {
  if (payer !== null) {
    await admin.put('/admin/features/self-mode', { enabled: false });
    await admin.put('/admin/features/billing', { enabled: true });
  }
  if (payer === 'subscription') await admin.post('/admin/plans', planWithAllWindows());
  return await Promise.all(Array.from({ length: users }, (_, at) => addUser(admin, `bench-${at + 1}`, payer)));
}

async function addUser(admin: AdminSocket, name: string, payer: Clientele['payer']): Promise<string> {
  await admin.post('/admin/users', { name, ...LIMITS });
  if (payer === 'balance') await admin.post(`/admin/users/${name}/balance`, { amount_usd: PLENTY_USD });
  if (payer === 'subscription') await admin.post('/admin/subscriptions', { user: name, plan: PLAN });
  const { key } = (await admin.post('/admin/keys', { user: name, name, ...LIMITS })) as { key: string };
  return key;
}

function planWithAllWindows(): object {
  return {
    code: PLAN,
    price: '1.00',
    limit_5h_usd: PLENTY_USD,
    limit_1d_usd: PLENTY_USD,
    limit_7d_usd: PLENTY_USD,
    limit_30d_usd: PLENTY_USD,
    ...LIMITS,
  };
}
