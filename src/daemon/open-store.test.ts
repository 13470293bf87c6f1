import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import { removeUpstream } from '../core/upstreams/index.ts';
import { type BootedDaemon, bootDaemon, type UpstreamChanges } from './testing/boot-daemon.ts';

let boot: BootedDaemon;
let keyringFile: string;

beforeEach(async () => {
  boot = await bootDaemon();
  keyringFile = join(boot.folder, 'keyring.json');
});
afterEach(async () => {
  await boot.stop();
});

const HEADERS: UpstreamChanges = { headerOverride: { 'x-api-key': 'a-header-secret' } };

test.each<[string, readonly string[], UpstreamChanges]>([
  ['a credential', ['sk-0123456789abcdef'], {}],
  ['a header override', [], HEADERS],
])('a start without the keyring of %s is refused and makes no new one', async (_what, keys, changes) => {
  const upstream = await boot.addUpstream('main', 'http://127.0.0.1:1/v1', keys, changes);
  await boot.daemon.stop();
  renameSync(keyringFile, `${keyringFile}.copy`);
  const refusal: unknown = await boot.start().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Failure);
  expect(refusal).toMatchObject({
    code: 'config_invalid',
    message: expect.stringContaining(keyringFile),
    facts: { hint: expect.stringContaining('from a copy'), param: 'secrets.keyring_file' },
  });
  expect(existsSync(keyringFile)).toBe(false);
  renameSync(`${keyringFile}.copy`, keyringFile);
  await boot.start();
  const restored = boot.house.live.state.topology.upstreams.get(upstream.id);
  expect(restored).toMatchObject({ enabled: true, headerOverride: changes.headerOverride ?? {} });
  expect(restored?.credentials.map((credential) => credential.secret.reveal())).toEqual(keys);
});

test('a start without a keyring makes one as long as nothing is sealed', async () => {
  const before = readFileSync(keyringFile, 'utf8');
  const upstream = await boot.addUpstream('main', 'http://127.0.0.1:1/v1', ['sk-0123456789abcdef'], HEADERS);
  await boot.change((ctx) => removeUpstream(ctx, upstream.id));
  await boot.addUpstream('bare', 'http://127.0.0.1:1/v1', []);
  await boot.daemon.stop();
  rmSync(keyringFile);
  await boot.start();
  expect(readFileSync(keyringFile, 'utf8')).not.toBe(before);
});
