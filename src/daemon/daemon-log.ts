import pino from 'pino';
import type { Log } from '../core/log.ts';

export interface DaemonLog extends Log {
  setLevel(level: string): void;
  /** Writes what is gathered; for the end of the process. */
  flush(): void;
}

const GATHER_BYTES = 8_192;
const FLUSH_MS = 250;

/** JSON lines on standard output. Lines are gathered, because a system call for each would show in every request. */
export function openDaemonLog(level: string): DaemonLog {
  const destination = pino.destination({ dest: 1, sync: false, minLength: GATHER_BYTES, periodicFlush: FLUSH_MS });
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } },
    destination,
  );
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    setLevel: (next) => {
      logger.level = next;
    },
    flush: () => {
      try {
        destination.flushSync();
      } catch {
        // Standard output is gone or not open yet; there is nowhere left to say so.
      }
    },
  };
}

function levelName(label: string): object {
  return { level: label };
}
