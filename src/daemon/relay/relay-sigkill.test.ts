import { expect, test } from 'vitest';
import { rawRows } from '../../core/database/index.ts';
import { seededRandom } from '../../core/testing/seeded-random.ts';
import { testDialect } from '../../core/testing/test-database.ts';
import { adminCall } from '../testing/admin-call.ts';
import { bootDaemon, pause } from '../testing/boot-daemon.ts';
import { fault, reply } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { openScene, type Scene } from '../testing/relay-scene.ts';
import { type SpawnedDaemon, spawnDaemon } from '../testing/spawn-daemon.ts';

const KILLS = 10;
const CALLERS = 8;
const PINNED = { headers: { 'session-id': 'a conversation from before' } };

test('SIGKILL under load: it starts again by itself and has kept what it said it had', async () => {
  const boot = await bootDaemon();
  const scene = await openScene(boot, { upstreams: 3, credentials: 2 });
  for (const fake of scene.fakes) fake.when({ stream: true }, fault.slowChunks(3, reply({ text: 'one two three' })));
  // From before the first kill: a rest of a credential, a stored response, a conversation that moved.
  scene.up.once({}, fault.invalidApiKey(), fault.invalidApiKey());
  await scene.chat({}, PINNED);
  const { id: responseId } = JSON.parse((await scene.responses()).text) as { id: string };
  const resting = await scene.cooldowns();
  expect(resting).toHaveLength(2);
  const [binding] = await boot.rows('session_bindings');
  await boot.daemon.stop();
  const before = scene.asked[0];

  const random = seededRandom();
  const confirmed = new Set<string>();
  let answered = 0;
  for (let life = 0; life < KILLS; life++) {
    const daemon = await spawnDaemon(boot.overrides);
    try {
      await expectKept(daemon, scene, { responseId, confirmed });
      const load = startLoad(daemon, scene);
      await pause(150 + random.fraction() * 300);
      for (const id of await listedEvents(boot.folder)) confirmed.add(id);
      await pause(random.fraction() * 100);
      await daemon.kill();
      answered += await load;
    } finally {
      await daemon.kill();
    }
  }

  expect(answered).toBeGreaterThan(KILLS * 3);
  expect(confirmed.size).toBeGreaterThan(KILLS);
  expect(scene.asked[0]).toBe(before);
  await boot.start();
  const ids = (await boot.rows('usage_events')).map(({ id }) => String(id));
  expect(ids).toEqual(expect.arrayContaining([...confirmed]));
  const decided = new Set((await boot.rows('request_decisions')).map(({ id }) => String(id)));
  expect(ids.filter((id) => !decided.has(id))).toEqual([]);
  expect(await scene.cooldowns()).toEqual(resting);
  expect(await boot.rows('session_bindings')).toContainEqual(
    expect.objectContaining({ session_key: binding?.['session_key'] }),
  );
  if (testDialect() === 'sqlite') {
    expect(await rawRows(boot.ctx.db, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(await rawRows(boot.ctx.db, 'pragma foreign_key_check')).toEqual([]);
  }
  await boot.stop();
}, 300_000);

/** What a new process has to know: the first upstream rests, the response is where it was, no confirmed event is gone. */
async function expectKept(
  daemon: SpawnedDaemon,
  scene: Scene,
  known: { readonly responseId: string; readonly confirmed: ReadonlySet<string> },
): Promise<void> {
  const headers = { authorization: `Bearer ${scene.keyText}` };
  const stored = await httpExchange(`${daemon.url}/v1/responses/${known.responseId}`, { headers });
  expect(stored.status).toBe(200);
  const chat = await httpExchange(`${daemon.url}/v1/chat/completions`, { headers, body: scene.chatBody() });
  expect(chat.status).toBe(200);
  const listed = new Set(await listedEvents(scene.boot.folder));
  expect([...known.confirmed].filter((id) => !listed.has(id))).toEqual([]);
}

/** Callers that ask again and again until the daemon is gone; resolves to the number of whole answers. */
async function startLoad(daemon: SpawnedDaemon, scene: Scene): Promise<number> {
  const headers = { authorization: `Bearer ${scene.keyText}` };
  let answered = 0;
  const call = async (caller: number): Promise<void> => {
    for (;;) {
      const stream = caller % 2 === 0;
      const path = caller % 3 === 0 ? '/v1/responses' : '/v1/chat/completions';
      const body = { ...scene.chatBody(), input: 'x', stream, prompt_cache_key: `caller ${caller}` };
      const answer = await httpExchange(`${daemon.url}${path}`, { headers, body });
      if (answer.error !== undefined || answer.status === 0) return;
      expect(answer.status).toBe(200);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
  return answered;
}

/** All events that the daemon has written down, by its own word. */
async function listedEvents(folder: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor = '';
  for (;;) {
    const page = await adminCall<UsagePage>(folder, 'GET', `/admin/usage?limit=500${cursor && `&cursor=${cursor}`}`);
    ids.push(...page.items.map(({ id }) => id));
    if (page.next_cursor === null) return ids;
    cursor = encodeURIComponent(page.next_cursor);
  }
}

interface UsagePage {
  readonly items: readonly { readonly id: string }[];
  readonly next_cursor: string | null;
}
