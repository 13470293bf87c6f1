import { leaf } from '../../command.ts';
import { CommandFailed } from '../../command-failed.ts';
import { EXIT } from '../../exit-codes.ts';
import { INSTALLATION_FLAGS, loadInstallation, openInstalled, runningDaemon } from '../installation.ts';
import { showMigrations, viewStatus } from './migration-view.ts';

export const migrateUp = leaf({
  name: 'up',
  about: 'bring the schema up to this version, while the daemon is down',
  examples: ['realms migrate up --config /etc/realms/config.yaml'],
  flags: INSTALLATION_FLAGS,
  run: async (context, { flags }) => {
    const config = await loadInstallation(context, flags);
    if (await runningDaemon(context, config, flags)) {
      throw new CommandFailed(EXIT.conflict, {
        code: 'daemon_running',
        message: 'the daemon is running: its database is not changed under it',
        hint: 'stop it first; it also migrates by itself when it starts',
      });
    }
    const { migrateUp, migrationStatus } = await import('../../../core/database/index.ts');
    const steps = await context.start.migrations();
    const database = await openInstalled(config);
    if (database === null) {
      throw new CommandFailed(EXIT.notFound, {
        code: 'not_found',
        message: `there is no database in ${config['data.dir']} yet`,
        hint: 'check --data and --config; a new database is made and migrated by: realms serve',
      });
    }
    try {
      const done = await migrateUp(database, steps, context.clock);
      const note = done.length === 0 ? 'the schema was up to date' : `applied ${done.join(', ')}`;
      return showMigrations(viewStatus(await migrationStatus(database, steps), steps), [note]);
    } finally {
      await database.close();
    }
  },
});
