import type { Branch, Node } from './command.ts';
import { completeIn, completion } from './commands/completion/index.ts';
import { doctor } from './commands/doctor/index.ts';
import { explain } from './commands/explain/index.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';
import { version } from './commands/version.ts';

/** A noun whose commands are loaded when a command line names it: a start should not read a hundred files. */
interface Room {
  readonly name: string;
  readonly alias?: string;
  readonly about: string;
  readonly load: () => Promise<readonly Node[]>;
}

/** Every command, in the order in which help shows them. */
const index: readonly (Node | Room)[] = [
  serve,
  status,
  doctor,
  explain,
  {
    name: 'upstream',
    alias: 'up',
    about: 'the providers to which requests go',
    load: async () => (await import('./commands/upstream/index.ts')).upstreamCommands,
  },
  {
    name: 'credential',
    alias: 'cred',
    about: 'the keys with which upstreams are called',
    load: async () => (await import('./commands/credential/index.ts')).credentialCommands,
  },
  {
    name: 'codex',
    about: 'ChatGPT accounts: logins, and what is used of their limits',
    load: async () => (await import('./commands/codex/index.ts')).codexCommands,
  },
  {
    name: 'group',
    about: 'ordered sets of upstreams, for failover and price',
    load: async () => (await import('./commands/group/index.ts')).groupCommands,
  },
  {
    name: 'model',
    about: 'the models that clients may ask for, and their prices',
    load: async () => (await import('./commands/model/index.ts')).modelCommands,
  },
  {
    name: 'key',
    about: 'the keys with which clients call the relay',
    load: async () => (await import('./commands/key/index.ts')).keyCommands,
  },
  {
    name: 'user',
    about: 'the owners of keys',
    load: async () => (await import('./commands/user/index.ts')).userCommands,
  },
  {
    name: 'plan',
    about: 'what can be bought: time with windows of use',
    load: async () => (await import('./commands/plan/index.ts')).planCommands,
  },
  {
    name: 'subscription',
    alias: 'sub',
    about: 'who has which plan, and what is left of it',
    load: async () => (await import('./commands/subscription/index.ts')).subscriptionCommands,
  },
  {
    name: 'usage',
    about: 'what was asked, by whom, and what it cost',
    load: async () => (await import('./commands/usage/index.ts')).usageCommands,
  },
  {
    name: 'order',
    about: 'what was bought, and everything that an order went through',
    load: async () => (await import('./commands/order/index.ts')).orderCommands,
  },
  {
    name: 'pay',
    about: 'payment channels, callbacks, refunds, and the comparison with the providers',
    load: async () => (await import('./commands/pay/index.ts')).payCommands,
  },
  {
    name: 'balance',
    about: 'what users have to spend',
    load: async () => (await import('./commands/balance/index.ts')).balanceCommands,
  },
  {
    name: 'ledger',
    about: 'what money moved, and the proof that the books balance',
    load: async () => (await import('./commands/ledger/index.ts')).ledgerCommands,
  },
  {
    name: 'redeem',
    about: 'codes that give balance or a plan to whoever redeems them',
    load: async () => (await import('./commands/redeem/index.ts')).redeemCommands,
  },
  {
    name: 'cooldown',
    about: 'upstreams and credentials that are left alone for a while',
    load: async () => (await import('./commands/cooldown/index.ts')).cooldownCommands,
  },
  {
    name: 'feature',
    about: 'parts of Realms that can be switched off',
    load: async () => (await import('./commands/feature/index.ts')).featureCommands,
  },
  {
    name: 'settings',
    about: 'what can be changed while the daemon runs',
    load: async () => (await import('./commands/settings/index.ts')).settingsCommands,
  },
  {
    name: 'token',
    about: 'admin tokens for driving the daemon over the network',
    load: async () => (await import('./commands/token/index.ts')).tokenCommands,
  },
  {
    name: 'audit',
    about: 'who changed what',
    load: async () => (await import('./commands/audit/index.ts')).auditCommands,
  },
  {
    name: 'keyring',
    about: 'the keys that encrypt stored secrets',
    load: async () => (await import('./commands/keyring/index.ts')).keyringCommands,
  },
  {
    name: 'migrate',
    about: 'the schema of the database',
    load: async () => (await import('./commands/migrate/index.ts')).migrateCommands,
  },
  completion,
  completeIn(loadWholeTree),
  version,
];

/** The tree as far as these words need it: nouns that they do not name are there without their commands. */
export function loadTree(words: readonly string[]): Promise<readonly Node[]> {
  const named = new Set(words);
  return load((room) => named.has(room.name) || (room.alias !== undefined && named.has(room.alias)));
}

export function loadWholeTree(): Promise<readonly Node[]> {
  return load(() => true);
}

function load(isNeeded: (room: Room) => boolean): Promise<readonly Node[]> {
  return Promise.all(
    index.map(async (entry): Promise<Node> => {
      if (!('load' in entry)) return entry;
      const { load: loadChildren, ...branch } = entry;
      return { ...branch, children: isNeeded(entry) ? await loadChildren() : [] } satisfies Branch;
    }),
  );
}
