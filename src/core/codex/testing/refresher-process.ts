// biome-ignore-all lint/style/noRestrictedGlobals: a process of its own, which waits as a daemon does.
import { once } from 'node:events';
import { loadConfig } from '../../config/index.ts';
import { openDatabase } from '../../database/index.ts';
import { silentLog } from '../../log.ts';
import { systemRandom } from '../../random.ts';
import { Secret } from '../../secret.ts';
import { testKeyring } from '../../testing/test-keyring.ts';
import { systemClock } from '../../time.ts';
import { readAccounts } from '../codex-account-store.ts';
import { CodexAccounts } from '../codex-accounts.ts';
import type { CodexDesk } from '../codex-desk.ts';

// A process of its own that refreshes one account many times at once, as soon as it is told to, and says on stdout what
// came of each. Arguments: kind, path or URL, address of the login, id of the account, fingerprint of its token, count,
// milliseconds of a lease. It has several rooms of accounts, each of which knows as little of the others as of another
// process.

const ROOMS = 5;
const [kind, place = '', authBaseUrl = '', id = '', fingerprint = '', count = '0', leaseMs = ''] =
  process.argv.slice(2);
const database = await openDatabase(
  kind === 'postgres' ? { kind, url: new Secret(place), poolMax: 4 } : { kind: 'sqlite', path: place },
  silentLog,
);
const ctx = { db: database.knex, clock: systemClock, random: systemRandom(), log: silentLog };
const { config } = await loadConfig({
  env: {},
  overrides: {
    'codex.auth_base_url': authBaseUrl,
    'codex.allow_private': 'true',
    'codex.refresh_lease_ms': leaseMs,
  },
});
const desk: CodexDesk = {
  ctx,
  keyring: await testKeyring(),
  config: () => config,
  changed: async () => {},
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
const known = await readAccounts(ctx);
const rooms = Array.from({ length: ROOMS }, () => new CodexAccounts(desk, known));
process.stdout.write('open\n');
await once(process.stdin, 'data');
const outcomes = await Promise.all(
  Array.from({ length: Number(count) }, (_, at) => rooms[at % ROOMS]?.refreshNow(id, fingerprint)),
);
await database.close();
process.stdout.write(`${JSON.stringify(outcomes)}\n`);
process.exit(0);
