import { type Keyring, openKeyring } from '../keyring/index.ts';
import { silentLog } from '../log.ts';
import { Secret } from '../secret.ts';
import { fakeClock } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

/** A keyring of one key that is the same in every run and stands in no file. */
export async function testKeyring(): Promise<Keyring> {
  const key = Buffer.alloc(32, 7).toString('base64url');
  const keys = [{ id: 'k00000000', key, created_at: '2026-01-01T00:00:00.000Z' }];
  const json = new Secret(JSON.stringify({ version: 1, keys }));
  return await openKeyring({ json }, { clock: fakeClock(), random: seededRandom(), log: silentLog });
}
