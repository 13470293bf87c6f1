import type { AccountAnswer, AccountInput, AccountRoute } from './account-route.ts';
import { json } from './answers.ts';

export const healthRoutes: readonly AccountRoute[] = [
  { method: 'GET', path: '/healthz', owner: 'core', answer: () => json(200, { status: 'ok' }) },
  { method: 'GET', path: '/readyz', owner: 'core', answer: readiness },
];

async function readiness({ house, isDraining }: AccountInput): Promise<AccountAnswer> {
  if (isDraining) return json(503, { status: 'unavailable', detail: 'stopping' });
  try {
    await house.ctx.db.raw('select 1');
    return json(200, { status: 'ok' });
  } catch {
    return json(503, { status: 'unavailable', detail: 'the database does not answer' });
  }
}
