import { relative } from 'node:path';
import type { Daemon } from './start-daemon.ts';

/** What to type next, shown once: when the owner has just been made. */
export function firstStartText(daemon: Daemon): string {
  const realms = `bin/realms --socket ${shown(daemon.adminSocket)}`;
  return `
This is the first start. The user "owner" (root) was made. Next, in another terminal:

  printf %s "$UPSTREAM_KEY" | ${realms} upstream add main --kind openai --base-url https://api.openai.com/v1 --key-stdin
  ${realms} model add gpt-x --upstream main --input 1.25 --cached-input 0.125 --output 10
  ${realms} key create --user owner --name laptop
  curl ${daemon.publicUrl}/v1/chat/completions -H "Authorization: Bearer sk-…" -H 'content-type: application/json' \\
    -d '{"model":"gpt-x","messages":[{"role":"user","content":"hello"}]}'

`;
}

/** Where the daemon listens. */
export function readyText(daemon: Daemon): string {
  return `realms serves ${daemon.publicUrl}/v1, admin socket ${shown(daemon.adminSocket)}\n`;
}

function shown(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : `./${near}`;
}
