import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { freePort, waitForPort } from './free-port.ts';
import type { Target, TargetPlace } from './target.ts';

const PROGRAM = 'nginx';

export function hasNginx(): boolean {
  return spawnSync(PROGRAM, ['-v']).status === 0;
}

export async function startNginx(place: TargetPlace): Promise<Omit<Target, 'name'>> {
  const port = await freePort();
  mkdirSync(join(place.folder, 'logs'));
  const file = join(place.folder, 'nginx.conf');
  writeFileSync(file, configText(port, place));
  const child: Child = startChild('relay', [PROGRAM, '-p', place.folder, '-c', file], ['ignore', 'ignore', 'inherit']);
  await waitForPort(port, () => {
    if (child.process.exitCode !== null) throw new Error('nginx ended at its start');
  });
  return { aim: { port, pid: child.pid, key: 'none' }, inspectPort: null, stop: child.stop };
}

/** One process, so that its pid is all there is to count; kept-alive upstream connections; answers pass unbuffered. */
function configText(port: number, { mockPort, folder }: TargetPlace): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
worker_rlimit_nofile 65536;
events { worker_connections 32768; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  client_max_body_size 64m;
  client_body_buffer_size 2m;
  keepalive_requests 1000000000;
  upstream mock { server 127.0.0.1:${mockPort}; keepalive 4096; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
