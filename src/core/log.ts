/** Values that a log line may hold; secrets have a type of their own and print as `[redacted]`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line of JSON for each call. Implemented over pino in the daemon; silent in most tests. */
export interface Log {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
