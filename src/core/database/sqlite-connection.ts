import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import { compileWorker } from './compile-worker.ts';
import { SqliteError } from './database-errors.ts';
import type { SqliteAnswer, SqliteRequest } from './sqlite-wire.ts';

interface Waiter {
  resolve(answer: SqliteAnswer): void;
  reject(error: Error): void;
}

/** The main thread's end of the one connection. knex treats it as the raw connection of its pool of one. */
export class SqliteConnection {
  /** Kept by the dialect: whether knex has a transaction open. */
  inTransaction = false;
  readonly #worker: Worker;
  readonly #waiting: Waiter[] = [];
  #gone: Error | undefined;

  private constructor(worker: Worker, log: Log) {
    this.#worker = worker;
    worker.on('message', (answer: SqliteAnswer) => this.#waiting.shift()?.resolve(answer));
    worker.on('error', (error) => log.error({ error: error.message }, 'the SQLite worker failed'));
    worker.on('exit', () => this.#lose(new SqliteError('the SQLite worker has ended', 'ERR_WORKER_ENDED', 0)));
  }

  /** @throws SqliteError when the file cannot be opened or another process holds it. */
  static async open(path: string, log: Log): Promise<SqliteConnection> {
    const worker = new Worker(await workerUrl(), { workerData: { path }, execArgv: [] });
    const connection = new SqliteConnection(worker, log);
    try {
      // The worker speaks first: its answer to having been started.
      await connection.#answer();
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    return connection;
  }

  /** @throws SqliteError */
  async send(request: SqliteRequest): Promise<SqliteAnswer> {
    if (this.#gone !== undefined) throw this.#gone;
    this.#worker.postMessage(request);
    return await this.#answer();
  }

  async close(): Promise<void> {
    if (this.#gone !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    await this.send(['close']);
    await ended;
  }

  async #answer(): Promise<SqliteAnswer> {
    const answer = await new Promise<SqliteAnswer>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (answer[0] === 'failed') throw new SqliteError(answer[1], answer[2], answer[3]);
    return answer;
  }

  #lose(reason: Error): void {
    this.#gone = reason;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(reason);
  }
}

async function workerUrl(): Promise<URL> {
  return import.meta.url.endsWith('.ts')
    ? await compileWorker(new URL('./sqlite-worker.ts', import.meta.url))
    : new URL('./sqlite-worker.js', import.meta.url);
}
