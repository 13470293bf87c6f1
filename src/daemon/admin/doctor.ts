import { describeError } from '../../core/failure.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Check } from './doctor-check.ts';
import { databaseChecks } from './doctor-database.ts';
import { machineChecks } from './doctor-machine.ts';
import { paymentChecks } from './doctor-payments.ts';
import { setupChecks } from './doctor-setup.ts';

/** Every check, one after the other: none may keep the others from being seen. */
export async function runChecks(deps: AdminDeps): Promise<Check[]> {
  const checks: Check[] = [];
  const all = [...databaseChecks(deps), ...setupChecks(deps), ...paymentChecks(deps), ...machineChecks(deps)];
  for (const [name, run] of all) {
    try {
      checks.push({ name, ...(await run()) });
    } catch (error) {
      deps.ctx.log.warn({ check: name, error: describeError(error) }, 'a check could not be made');
      checks.push({ name, state: 'fail', detail: 'the check could not be made; the log says why' });
    }
  }
  return checks;
}
