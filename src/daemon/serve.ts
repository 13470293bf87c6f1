import { type LoadedConfig, loadConfig } from '../core/config/index.ts';
import { openDaemonLog } from './daemon-log.ts';
import { type Demo, startDemo } from './demo/start-demo.ts';
import { type Daemon, startDaemon } from './start-daemon.ts';
import { firstStartText, readyText } from './welcome.ts';

export interface ServeFlags {
  readonly config?: string;
  readonly data?: string;
  readonly listen?: string;
  readonly demo?: boolean;
  readonly logLevel?: string;
}

const FATAL_EXIT = 1;

/** Runs the daemon in the foreground until SIGINT or SIGTERM. Returns the exit code; throws Failure when it cannot start. */
export async function serve(flags: ServeFlags): Promise<number> {
  const { config, sources } = await readConfig(flags);
  const log = openDaemonLog(config['log.level']);
  try {
    const daemon = await startDaemon({ config, sources, log });
    const signal = nextSignal();
    const demo = flags.demo ? await openDemo(daemon) : null;
    // Guidance is for people; standard output carries the log alone.
    if (daemon.store.isFirstStart) process.stderr.write(firstStartText(daemon));
    process.stderr.write(demo ? demo.text : readyText(daemon));
    log.info({ public: daemon.publicUrl, socket: daemon.adminSocket }, 'ready');
    log.info({ signal: await signal }, 'signal received');
    // Whoever asks twice means it.
    void nextSignal().then(() => process.exit(FATAL_EXIT));
    await daemon.stop();
    await demo?.close();
    return 0;
  } finally {
    log.flush();
  }
}

/** A daemon whose demo cannot be had must not stay behind with its doors open. */
async function openDemo(daemon: Daemon): Promise<Demo> {
  try {
    return await startDemo(daemon);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

function readConfig(flags: ServeFlags): Promise<LoadedConfig> {
  const overrides: Record<string, string> = {};
  if (flags.data !== undefined) overrides['data.dir'] = flags.data;
  if (flags.listen !== undefined) overrides['server.listen'] = flags.listen;
  if (flags.logLevel !== undefined) overrides['log.level'] = flags.logLevel;
  return loadConfig({ env: process.env, overrides, ...(flags.config === undefined ? {} : { file: flags.config }) });
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    const take = (signal: string): void => {
      process.removeListener('SIGINT', take);
      process.removeListener('SIGTERM', take);
      resolve(signal);
    };
    process.on('SIGINT', take);
    process.on('SIGTERM', take);
  });
}
