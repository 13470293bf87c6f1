import { Pool } from 'undici';

/** More would only wait for each other: SQLite writes one transaction at a time. */
const CONNECTIONS = 8;

/** The admin API over the daemon's socket: a thousand users by one process of the CLI each would take minutes. */
export class AdminSocket {
  readonly #pool: Pool;

  constructor(path: string) {
    this.#pool = new Pool('http://localhost', { connect: { socketPath: path }, connections: CONNECTIONS });
  }

  post(path: string, body: object): Promise<unknown> {
    return this.#send('POST', path, body);
  }

  put(path: string, body: object): Promise<unknown> {
    return this.#send('PUT', path, body);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #send(method: 'POST' | 'PUT', path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json', 'realms-reason': 'bench' };
    const answer = await this.#pool.request({ method, path, headers, body: JSON.stringify(body) });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${text}`);
    return JSON.parse(text);
  }
}
