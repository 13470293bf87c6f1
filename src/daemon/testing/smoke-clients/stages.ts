import { startFakeCodex } from '../../../core/testing/fake-codex.ts';
import { adminCall } from '../admin-call.ts';
import { pause } from '../boot-daemon.ts';
import { reply, startFakeUpstream } from '../fake-upstream.ts';
import { spawnDaemon } from '../spawn-daemon.ts';
import type { Client } from './client.ts';
import { openFrontDoor } from './front-door.ts';

export const TOOL_TEXT = 'realms-42';
export const TOOL_FILE = 'seen.txt';
export const FINAL_TEXT = 'All of it is done.';
/** What it says is not what it is, so that the one can be told from the other. */
const COMMAND = `echo "realms-$((40 + 2))" | tee ${TOOL_FILE}`;
/** The tools by which clients run commands, those of each client in the order of its preference. */
const TOOLS = {
  exec_command: { cmd: COMMAND },
  shell_command: { command: COMMAND },
  shell: { command: ['bash', '-c', COMMAND] },
  Bash: { command: COMMAND, description: 'Says who was here' },
};

interface BookedEvent {
  readonly key_id: string;
  readonly outcome: string;
  readonly error_code: string | null;
}

/** A daemon with one upstream, and a model behind it that asks for a command. */
export interface StageSet {
  readonly url: string;
  /** What Codex hears when it asks for a WebSocket; null: it does not ask. */
  readonly upgrade: Upgrade;
  /** What was heard by those who asked since the model forgot. */
  upgrades(): readonly number[];
  addKey(name: string): Promise<{ readonly id: string; readonly text: string }>;
  /** The model forgets what it heard. */
  forget(): void;
  /** Whether what the tool said has reached the model since then. */
  wasToolResultSeen(): boolean;
  /** What was booked for a key. */
  events(keyId: string): Promise<readonly BookedEvent[]>;
  close(): Promise<void>;
}

type Upgrade = 101 | 426 | null;

export interface Stage {
  readonly name: string;
  readonly clients: readonly Client['name'][];
  open(folder: string, models: readonly string[]): Promise<StageSet>;
}

interface Upstream {
  readonly body: object;
  readonly settings?: Readonly<Record<string, string>>;
  /** Once the daemon has it. */
  furnish?(folder: string): Promise<void>;
  /** All that it was sent. */
  heard(): readonly string[];
  close(): Promise<void>;
}

const BOTH = ['codex', 'claude'] as const;

/** Every kind of upstream; and one on which Codex finds no WebSocket, which it tries first. */
export const stages: readonly Stage[] = [
  stage('openai-chat', BOTH, () => plainUpstream({ kind: 'openai', wires: ['chat'] })),
  stage('openai-responses', BOTH, () => plainUpstream({ kind: 'openai', wires: ['responses'] })),
  stage('anthropic', BOTH, () => plainUpstream({ kind: 'anthropic' })),
  stage('gemini', BOTH, () => plainUpstream({ kind: 'gemini' })),
  stage('codex', BOTH, codexUpstream),
  stage('without-websocket', ['codex'], () => plainUpstream({ kind: 'openai' }), { 'server.websocket': 'false' }, 426),
  stage('http', ['codex'], () => plainUpstream({ kind: 'openai' }), {}, null),
];

function stage(
  name: string,
  clients: Stage['clients'],
  openUpstream: () => Promise<Upstream>,
  settings: Readonly<Record<string, string>> = {},
  upgrade: Upgrade = 101,
): Stage {
  return {
    name,
    clients,
    async open(folder, models) {
      const upstream = await openUpstream();
      const config = { 'data.dir': folder, 'server.listen': '127.0.0.1:0', ...upstream.settings, ...settings };
      const daemon = await spawnDaemon(config, { program: 'built' });
      const door = await openFrontDoor(daemon.url);
      await adminCall(folder, 'POST', '/admin/upstreams', { name: 'up', allow_private: true, ...upstream.body });
      await upstream.furnish?.(folder);
      for (const id of models)
        await adminCall(folder, 'POST', '/admin/models', { id, upstream: 'up', upstream_model: 'fake-model' });
      let forgotten = 0;
      let upgradesForgotten = 0;
      return {
        url: door.url,
        upgrade,
        upgrades: () => door.upgrades.slice(upgradesForgotten),
        async addKey(name) {
          const body = { user: 'owner', name };
          const { id, key } = await adminCall<{ id: string; key: string }>(folder, 'POST', '/admin/keys', body);
          return { id, text: key };
        },
        forget() {
          forgotten = upstream.heard().length;
          upgradesForgotten = door.upgrades.length;
        },
        wasToolResultSeen: () =>
          upstream
            .heard()
            .slice(forgotten)
            .some((sent) => sent.includes(TOOL_TEXT)),
        async events(keyId) {
          await pause(BOOKING_MS);
          const path = `/admin/usage?key=${keyId}&limit=100`;
          return (await adminCall<{ items: BookedEvent[] }>(folder, 'GET', path)).items;
        },
        async close() {
          door.close();
          await daemon.stop();
          await upstream.close();
        },
      };
    },
  };
}

/** Books close a moment after an answer. */
const BOOKING_MS = 500;

async function plainUpstream(body: { readonly kind: string; readonly wires?: readonly string[] }): Promise<Upstream> {
  const fake = await startFakeUpstream();
  fake.script(({ body: sent }) => {
    const tool = toolFor(sent.toString());
    return tool ? reply({ toolCall: tool }) : reply({ text: FINAL_TEXT });
  });
  const base_url = `${fake.url}/${body.kind === 'gemini' ? 'v1beta' : 'v1'}`;
  return {
    body: { ...body, base_url, key: 'sk-smoke' },
    heard: () => fake.requests.map(({ body: sent }) => sent.toString()),
    close: () => fake.close(),
  };
}

async function codexUpstream(): Promise<Upstream> {
  const fake = await startFakeCodex({ models: ['fake-model'] });
  fake.script(({ text }) => {
    const tool = toolFor(text ?? '');
    return tool ? { toolCall: tool } : { text: FINAL_TEXT };
  });
  return {
    body: { kind: 'codex' },
    settings: {
      'codex.auth_base_url': fake.authBaseUrl,
      'codex.backend_base_url': fake.backendBaseUrl,
      'codex.allow_private': 'true',
    },
    async furnish(folder) {
      const document = fake.authFile(fake.addAccount());
      await adminCall(folder, 'POST', '/admin/codex-accounts/import', { document });
    },
    heard: () => fake.turns.map(({ text }) => text ?? ''),
    close: () => fake.close(),
  };
}

/** The call by which the model has its command run, until it has seen what that said; null: no tool is needed, or there is none. */
function toolFor(sent: string): { readonly name: string; readonly arguments: string } | null {
  if (sent.includes(TOOL_TEXT)) return null;
  const found = Object.entries(TOOLS).find(([name]) => new RegExp(`"name":\\s*"${name}"`).test(sent));
  return found ? { name: found[0], arguments: JSON.stringify(found[1]) } : null;
}
