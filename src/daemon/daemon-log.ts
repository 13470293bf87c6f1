import sonicBoom from 'sonic-boom';
import type { Log, LogFields } from '../core/log.ts';

export interface DaemonLog extends Log {
  setLevel(level: string): void;
  /** Writes what is gathered; for the end of the process. */
  flush(): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

const GATHERED_LINES_MAX = 128;
const FLUSH_MS = 250;
/** Output that nobody takes is dropped beyond this, for a log that fills the memory ends everything. */
const WAITING_MAX_BYTES = 16 * 1024 * 1024;

/**
 * JSON lines on standard output: level, time, the fields, the message. Lines are gathered, because handing on each by
 * itself would show in the cost of every request.
 */
export function openDaemonLog(level: string): DaemonLog {
  const output = new sonicBoom.SonicBoom({ fd: 1, sync: false, maxLength: WAITING_MAX_BYTES });
  // Whoever reads the log may go away (EPIPE) or its disk may be full; requests go on.
  output.on('error', () => {});
  let lines: string[] = [];
  let lowest = rankOf(level);
  const handOn = (): void => {
    if (lines.length === 0) return;
    output.write(lines.join(''));
    lines = [];
  };
  setInterval(handOn, FLUSH_MS).unref();
  const at =
    (lineLevel: Level) =>
    (fields: LogFields, message: string): void => {
      if (rankOf(lineLevel) < lowest) return;
      if (lines.push(lineOf(lineLevel, fields, message)) >= GATHERED_LINES_MAX) handOn();
    };
  return {
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    setLevel: (next) => {
      lowest = rankOf(next);
    },
    flush: () => {
      try {
        handOn();
        output.flushSync();
      } catch {
        // Standard output is gone or not open yet; there is nowhere left to say so.
      }
    },
  };
}

/** Secrets print as `[redacted]` by their own toJSON. */
function lineOf(level: Level, fields: LogFields, message: string): string {
  const members = JSON.stringify(fields).slice(1, -1);
  const comma = members === '' ? '' : ',';
  return `{"level":"${level}","time":"${timeText()}"${comma}${members},"msg":${JSON.stringify(message)}}\n`;
}

let lastMs = 0;
let lastTime = '';

/** Now as RFC 3339; several lines of one millisecond share the text. */
function timeText(): string {
  const ms = Date.now();
  if (ms !== lastMs) {
    lastMs = ms;
    lastTime = new Date(ms).toISOString();
  }
  return lastTime;
}

function rankOf(level: string): number {
  return LEVELS.indexOf(level as Level);
}
