import { leaf } from '../../command.ts';
import { asCommandFailed } from '../../command-failed.ts';
import type { Answer } from '../../render/answer.ts';
import { INSTALLATION_FLAGS, loadInstallation, runningDaemon } from '../installation.ts';
import { checkOffline } from './check-offline.ts';
import { report } from './report.ts';

export const doctor = leaf({
  name: 'doctor',
  about: 'check the installation; also while the daemon is down',
  examples: ['realms doctor', 'realms doctor --config /etc/realms/config.yaml -o json'],
  flags: INSTALLATION_FLAGS,
  run: async (context, { flags }) => {
    // A daemon somewhere else has a config of its own; this machine's says nothing about it.
    if (context.flags.url !== undefined) return askDaemon(await context.client());
    const loaded = await loadInstallation(context, flags).catch(asCommandFailed);
    if (loaded instanceof Error) {
      return report([{ name: 'config', state: 'fail', detail: loaded.message, fix: loaded.facts.hint }]);
    }
    const daemon = await runningDaemon(context, loaded, flags).catch(asCommandFailed);
    if (daemon instanceof Error) {
      return report([{ name: 'daemon', state: 'fail', detail: daemon.message, fix: daemon.facts.hint }]);
    }
    if (daemon) return askDaemon(daemon);
    return report(await checkOffline(loaded, await context.start.migrations()));
  },
});

async function askDaemon(client: Awaited<ReturnType<typeof runningDaemon>> & object): Promise<Answer> {
  const { runDoctor } = await import('../../../core/contract/index.ts');
  return report((await client.call(runDoctor, {}, { slow: true })).checks);
}
