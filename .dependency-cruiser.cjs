// The direction of imports. Inside core a domain imports only what stands before it in this list.
const DOMAINS = [
  'config',
  'database',
  'keyring',
  'settings',
  'features',
  'audit',
  'jobs',
  'notifications',
  'identity',
  'models',
  'upstreams',
  'codex',
  'scheduling',
  'plans',
  'subscriptions',
  'ledger',
  'usage',
  'quota',
  'orders',
  'payments',
  'redemption',
  'transfer',
];
/** Tests and what is made for them may look behind any front door of core. */
const TEST = '\\.test\\.tsx?$|/testing/|/acceptance/|^bench/';
const FRONT_DOOR = '^src/core/[^/]+/index\\.ts$';
const any = (names) => `(?:${names.join('|')})`;
const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

const order = DOMAINS.map((domain, place) =>
  forbid(
    `order-${domain}`,
    `${domain} imports only the domains that stand before it`,
    { path: `^src/core/${domain}/`, pathNot: TEST },
    { path: `^src/core/${any([...DOMAINS.slice(place + 1), 'contract'])}/` },
  ),
);

module.exports = {
  forbidden: [
    forbid('no-circular', 'a circle has no first reader', {}, { circular: true }),
    ...order,
    forbid(
      'listed-domains',
      'a folder of core is in the list of domains, or it is contract or testing',
      { path: '^(src|bin|migrations)/' },
      { path: '^src/core/[^/]+/', pathNot: `^src/core/${any([...DOMAINS, 'contract', 'testing'])}/` },
    ),
    forbid(
      'front-door',
      'a domain is entered through its index.ts',
      { path: '^(?:src/daemon|src/cli|bin|migrations)/', pathNot: TEST },
      { path: `^src/core/${any(DOMAINS)}/`, pathNot: FRONT_DOOR },
    ),
    forbid(
      'front-door-within-core',
      'a domain is entered through its index.ts',
      { path: '^src/core/([^/]+)/', pathNot: TEST },
      { path: `^src/core/${any(DOMAINS)}/`, pathNot: ['^src/core/$1/', FRONT_DOOR] },
    ),
    forbid(
      'loose-files',
      'the loose files of core stand below every domain',
      { path: '^src/core/[^/]+\\.ts$', pathNot: TEST },
      { path: '^src/core/[^/]+/' },
    ),
    forbid(
      'contract',
      'the contract is made of ids, money, time, page and zod',
      { path: '^src/core/contract/', pathNot: TEST },
      { pathNot: '^src/core/contract/|^src/core/(?:ids|money|time|page)\\.ts$|^node_modules/zod/' },
    ),
    forbid(
      'core-knows-no-door',
      'core never imports what stands above it',
      { path: '^src/core/' },
      { path: '^src/(?:daemon|cli)/|^bin/' },
    ),
    forbid(
      'daemon-knows-no-cli',
      'only bin/realms.ts sees both',
      { path: '^src/daemon/' },
      { path: '^src/cli/|^bin/' },
    ),
    forbid(
      'cli-knows-no-daemon',
      'only bin/realms.ts sees both; stories of the CLI may use the fakes of the daemon',
      { path: '^src/cli/', pathNot: TEST },
      { path: '^src/daemon/|^bin/' },
    ),
    forbid(
      'cli-stories-use-only-fakes',
      'stories of the CLI run the built program',
      { path: '^src/cli/.*(?:\\.test\\.tsx?$|/testing/|/acceptance/)' },
      { path: '^src/daemon/', pathNot: '^src/daemon/testing/' },
    ),
    forbid(
      'cli-knows-few-rooms',
      'the CLI speaks the contract; of core it may use only contract, config, database and loose files',
      { path: '^src/cli/', pathNot: TEST },
      { path: '^src/core/[^/]+/', pathNot: '^src/core/(?:contract|config|database)/' },
    ),
    forbid(
      'key-holder',
      'only bin/realms.ts imports both cli and daemon',
      { path: '^(?:bin|migrations|bench)/', pathNot: '^bin/realms\\.ts$' },
      { path: '^src/cli/' },
    ),
    forbid(
      'migrations',
      'a migration must mean the same for ever, so it imports knex and its neighbours only',
      { path: '^migrations/', pathNot: TEST },
      { pathNot: '^migrations/|^node_modules/knex/' },
    ),
    forbid(
      'testing',
      'only tests and benches use what is made for them',
      { pathNot: `${TEST}|^vitest\\.config\\.ts$` },
      { path: '/testing/' },
    ),
    forbid('resolvable', 'an import leads somewhere', {}, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
