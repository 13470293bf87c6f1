import { leaf } from '../../command.ts';
import { INSTALLATION_FLAGS, loadInstallation, openInstalled, runningDaemon } from '../installation.ts';
import { showMigrations, viewStatus } from './migration-view.ts';

export const migrateStatus = leaf({
  name: 'status',
  about: 'list the steps of the schema; asks the daemon, or the database while it is down',
  examples: ['realms migrate status', 'realms migrate status --config /etc/realms/config.yaml'],
  flags: INSTALLATION_FLAGS,
  run: async (context, { flags }) => {
    const config = await loadInstallation(context, flags);
    const daemon = await runningDaemon(context, config, flags);
    if (daemon) {
      const { listMigrations } = await import('../../../core/contract/index.ts');
      return showMigrations(await daemon.call(listMigrations, {}));
    }
    const { migrationStatus } = await import('../../../core/database/index.ts');
    const steps = await context.start.migrations();
    const database = await openInstalled(config);
    if (database === null) {
      const nothingApplied = { applied: [], pending: [], unknown: [], changed: [] };
      return showMigrations(viewStatus(nothingApplied, steps), ['there is no database yet; the first start makes it']);
    }
    try {
      return showMigrations(viewStatus(await migrationStatus(database, steps), steps), ['the daemon is down']);
    } finally {
      await database.close();
    }
  },
});
