import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { startPostgres } from './start-postgres.ts';

test('the packaged server starts, answers and leaves nothing behind', { timeout: 60_000 }, async () => {
  const server = await startPostgres({ packaged: true });
  expect(server.origin).toBe('package');
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const { rows } = await client.query("SELECT current_setting('max_connections') AS connections, 'ä' < 'b' AS sorted");
  expect(rows).toEqual([{ connections: '200', sorted: false }]);
  await client.end();
  await server.stop();
  expect(existsSync(server.folder)).toBe(false);
  await expect(dial(server.url)).rejects.toThrow('ECONNREFUSED');
});

test('a server whose test run was killed stops by itself', { timeout: 60_000 }, async () => {
  const story = `
    import { startPostgres } from ${JSON.stringify(new URL('./start-postgres.ts', import.meta.url).href)};
    const { url, folder } = await startPostgres();
    process.stdout.write(JSON.stringify({ url, folder }));
    setInterval(() => {}, 1_000);
  `;
  const run = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', story], { stdio: 'pipe' });
  const [output] = await once(run.stdout, 'data');
  const server: { url: string; folder: string } = JSON.parse(String(output));
  await dial(server.url);
  run.kill('SIGKILL');
  while (existsSync(server.folder)) await pause(50);
  await expect(dial(server.url)).rejects.toThrow('ECONNREFUSED');
});

async function dial(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}
