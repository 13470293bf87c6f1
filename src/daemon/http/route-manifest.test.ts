import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FEATURES } from '../../core/features/index.ts';
import { ACCOUNT_ROUTES } from '../account/index.ts';
import { buildAdminApp } from '../admin/index.ts';
import { type AdminHarness, adminHarness } from '../admin/testing/admin-harness.ts';
import { matchRelay, RELAYED } from '../relay/index.ts';
import { type BootedDaemon, bootDaemon } from '../testing/boot-daemon.ts';
import { fault } from '../testing/fake-upstream.ts';
import { openScene } from '../testing/relay-scene.ts';
import { buildPublicServer } from './public-server.ts';
import { type ManifestEntry, MONEY_PATHS, routeManifest } from './route-manifest.ts';
import { callPlane, EVERY_METHOD, type Plane, readPrintedRoutes, samplePath } from './testing/planes.ts';

const PLANES: readonly Plane[] = ['public', 'admin'];
const JSON_BODY = { body: '{}', headers: { 'content-type': 'application/json' } };
const manifest = routeManifest();
const owned = manifest.filter(({ owner }) => owner !== 'core');
const owners = [...new Set(owned.map(({ owner }) => owner))];

let boot: BootedDaemon;
let harness: AdminHarness;

beforeAll(async () => {
  boot = await bootDaemon();
  harness = await adminHarness();
});
afterAll(async () => {
  await harness.close();
  await boot.stop();
});

async function admin(method: string, path: string, value: unknown): Promise<number> {
  const call = { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
  return (await callPlane(boot, 'admin', method, path, call)).status;
}

const switchFeature = async (feature: string, enabled: boolean) => {
  expect(await admin('PUT', `/admin/features/${feature}`, { enabled })).toBe(200);
};

const switchSelfMode = async (enabled: boolean) => {
  expect(await admin('PUT', '/admin/features/self-mode', { enabled })).toBe(200);
};

/** What a path answers that never was. */
function isNowhere({ status, code, text }: { status: number; code: string; text: string }): boolean {
  return (
    status === 404 && (code === 'unknown_url' || code === 'feature_disabled' || text.includes('there is nothing at'))
  );
}

describe('the manifest', () => {
  test('names each route once, and an owner for each', () => {
    const names = manifest.map(({ plane, method, path }) => `${plane} ${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { owner } of manifest) expect([...FEATURES, 'core']).toContain(owner);
  });

  test('gives administration to the feature that is named after it', () => {
    const ownerOf = (plane: Plane, path: string) =>
      manifest.find((entry) => entry.plane === plane && entry.path === path)?.owner;
    expect(ownerOf('admin', '/admin/upstreams')).toBe('admin_channels');
    expect(ownerOf('admin', '/admin/groups')).toBe('admin_channel_groups');
    expect(ownerOf('admin', '/admin/users')).toBe('admin_users');
    expect(ownerOf('admin', '/admin/usage')).toBe('admin_usage');
    for (const entry of manifest.filter(({ plane, path }) => plane === 'admin' && path.startsWith('/admin/models'))) {
      expect(entry.owner, entry.path).toBe('models');
    }
    for (const path of ['/models', '/v1/models']) expect(ownerOf('public', path)).toBe('models');
    // What switches features must never be switched off itself.
    expect(ownerOf('admin', '/admin/features')).toBe('core');
  });

  test('has every route of the public framework and nothing that is not there', async () => {
    const { printRoutes } = await buildPublicServer(boot.house, boot.daemon.account);
    const printed = readPrintedRoutes(printRoutes()).filter(({ method }) => method !== 'HEAD');
    const own = ACCOUNT_ROUTES.map(({ method, path }) => ({ method, path }));
    expect(sorted(printed)).toEqual(sorted(own));
    const declared = manifest.filter(({ plane }) => plane === 'public');
    expect(sorted(declared)).toEqual(sorted([...own, ...RELAYED]));
  });

  test('has every route of the admin framework and nothing that is not there', async () => {
    const app = await buildAdminApp(harness.deps, { kind: 'socket', name: 'test' });
    const printed = readPrintedRoutes(app.printRoutes({ commonPrefix: false }));
    const declared = manifest.filter(({ plane }) => plane === 'admin');
    expect([...new Set(printed.map(({ path }) => path))].sort(byText)).toEqual(
      [...new Set(declared.map(({ path }) => path))].sort(byText),
    );
    for (const { method, path } of declared)
      expect(app.hasRoute({ method: method as 'GET', url: path }), path).toBe(true);
    await app.close();
  });

  test('has every relayed path: what it names is relayed, and nothing else is', () => {
    const paths = [...new Set([...manifest.map(({ path }) => path), ...MONEY_PATHS, '/', '/v1', '/v1/unknown'])];
    const patterns = RELAYED.map(({ method, path }) => ({
      method,
      form: new RegExp(`^${path.replace(/(?<=\/):\w+|\{\w+\}/g, '[^/]+')}$`),
    }));
    for (const path of paths.map(samplePath)) {
      for (const method of EVERY_METHOD) {
        const isNamed = patterns.some((pattern) => pattern.method === method && pattern.form.test(path));
        expect([method, path, matchRelay(method, path) !== null]).toEqual([method, path, isNamed]);
      }
    }
    for (const { method, path } of RELAYED) {
      expect(matchRelay(method, `${samplePath(path)}?beta=true`), path).not.toBeNull();
      for (const near of [
        `${samplePath(path)}/`,
        `${samplePath(path)}/x/y`,
        `/x${samplePath(path)}`,
        samplePath(path).toUpperCase(),
      ]) {
        expect(matchRelay(method, near), near).toBeNull();
      }
    }
  });
});

describe('a feature', () => {
  // In self mode what takes money could not be switched on.
  beforeAll(async () => await switchSelfMode(false));
  afterAll(async () => await switchSelfMode(true));

  test.each(owners)(
    '%s: off, every method on its paths is 404; on, its methods are answered',
    { timeout: 180_000 },
    async (owner) => {
      const own = owned.filter((entry) => entry.owner === owner);
      await switchFeature(owner, false);
      for (const { plane, path } of own) {
        for (const method of EVERY_METHOD) {
          for (const call of [{}, JSON_BODY, { body: 'x', headers: { 'content-type': 'text/plain' } }]) {
            const answer = await callPlane(boot, plane, method, samplePath(path), call);
            expect([method, path, answer.status]).toEqual([method, path, 404]);
          }
        }
      }
      await switchFeature(owner, true);
      for (const { plane, method, path } of own) {
        const answer = await callPlane(boot, plane, method, samplePath(path), hasBody(method) ? JSON_BODY : {});
        expect([method, path, isNowhere(answer)]).toEqual([method, path, false]);
      }
    },
  );

  test('that is off leaves all others as they are', async () => {
    await switchFeature('models', false);
    for (const entry of manifest.filter(({ owner, method }) => owner !== 'models' && method === 'GET')) {
      expect([entry.path, isNowhere(await callPlane(boot, entry.plane, 'GET', samplePath(entry.path)))]).toEqual([
        entry.path,
        false,
      ]);
    }
    await switchFeature('models', true);
  });

  test('every core route is there when every feature is off', { timeout: 60_000 }, async () => {
    for (const feature of FEATURES) await switchFeature(feature, false);
    const destructive = (entry: ManifestEntry) => entry.method !== 'GET' && entry.plane === 'admin';
    for (const entry of manifest.filter(({ owner }) => owner === 'core').filter((one) => !destructive(one))) {
      const { plane, method, path } = entry;
      expect([
        path,
        isNowhere(await callPlane(boot, plane, method, samplePath(path), hasBody(method) ? JSON_BODY : {})),
      ]).toEqual([path, false]);
    }
    for (const feature of FEATURES) await switchFeature(feature, true);
  });
});

describe('paths of money', () => {
  const FEATURES_OF_MONEY = ['billing', 'tickets'];
  const billed = manifest.filter(({ owner }) => FEATURES_OF_MONEY.includes(owner));
  /** What the specification names, and everything else that billing and tickets own. */
  const paths = [...new Set([...MONEY_PATHS, ...billed.map(({ path }) => samplePath(path))])];
  const entriesAt = (plane: Plane, path: string) =>
    manifest.filter((entry) => entry.plane === plane && formOf(entry.path).test(path));

  test.each([
    ['in self mode', true, true],
    ['outside of it while billing and tickets are off', false, false],
  ])('are nowhere, %s', { timeout: 180_000 }, async (_, selfMode, wanted) => {
    await switchSelfMode(selfMode);
    for (const feature of FEATURES_OF_MONEY) await switchFeature(feature, wanted);
    const { features } = boot.house.live.state;
    expect([features.billing.disabled, features.tickets.disabled]).toEqual([true, true]);
    for (const path of [...paths, ...MONEY_PATHS.map((money) => `${money}?order=1`)]) {
      for (const method of EVERY_METHOD) {
        for (const plane of PLANES) {
          const answer = await callPlane(boot, plane, method, path, hasBody(method) ? JSON_BODY : {});
          expect([plane, method, path, answer.status]).toEqual([plane, method, path, 404]);
          // HEAD has no body to tell by.
          if (method !== 'HEAD') expect([plane, method, path, isNowhere(answer)]).toEqual([plane, method, path, true]);
        }
      }
    }
    for (const feature of FEATURES_OF_MONEY) await switchFeature(feature, true);
    await switchSelfMode(true);
  });

  test('are there outside of self mode with billing on, each on its plane, and nothing else is', async () => {
    await switchSelfMode(false);
    for (const path of paths) {
      for (const plane of PLANES) {
        const entries = entriesAt(plane, path);
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
          const isThere = entries.some((entry) => entry.method === method);
          // The admin API says of a path that it has which methods it takes.
          if (!isThere && entries.length > 0 && plane === 'admin') continue;
          const answer = await callPlane(boot, plane, method, path, hasBody(method) ? JSON_BODY : {});
          expect([plane, method, path, isNowhere(answer)]).toEqual([plane, method, path, !isThere]);
        }
      }
    }
    await switchSelfMode(true);
  });

  test('are owned by nobody else', () => {
    for (const path of MONEY_PATHS) {
      for (const plane of PLANES) {
        const strangers = entriesAt(plane, path).filter(({ owner }) => !FEATURES_OF_MONEY.includes(owner));
        expect([plane, path, strangers]).toEqual([plane, path, []]);
      }
    }
  });

  test('are all listed, as far as users and providers reach them', () => {
    const own = billed.filter(({ plane }) => plane === 'public');
    for (const { path } of own) {
      const isListed = MONEY_PATHS.some((money) => formOf(path).test(money));
      expect([path, isListed]).toEqual([path, true]);
    }
  });

  test('of usage need the self-service of usage as well', async () => {
    await switchSelfMode(false);
    const statuses = async () =>
      await Promise.all(
        ['/v1/usage', '/v1/usage/summary', '/v1/dashboard/billing/usage'].map(
          async (path) => (await callPlane(boot, 'public', 'GET', path)).status,
        ),
      );
    expect(await statuses()).toEqual([401, 401, 401]);
    await switchFeature('web_usage', false);
    expect(await statuses()).toEqual([404, 404, 401]);
    await switchFeature('web_usage', true);
    await switchSelfMode(true);
  });
});

describe('a switch through the admin socket', () => {
  test('of a feature holds for the next request', async () => {
    for (const enabled of [false, true, false, true]) {
      await switchFeature('models', enabled);
      const statuses = await Promise.all(
        ['/v1/models', '/models', '/v1/models/x'].map(
          async (path) => (await callPlane(boot, 'public', 'GET', path)).status,
        ),
      );
      expect(statuses).toEqual(enabled ? [401, 401, 401] : [404, 404, 404]);
    }
  });

  test('of self mode and billing makes the doors of money appear and vanish, without a restart', async () => {
    const statuses = async () =>
      await Promise.all(
        ['/v1/usage', '/v1/dashboard/billing/subscription'].map(
          async (path) => (await callPlane(boot, 'public', 'GET', path)).status,
        ),
      );
    await switchFeature('billing', false);
    expect(await statuses()).toEqual([404, 404]);
    await switchSelfMode(false);
    expect(await statuses()).toEqual([404, 404]);
    await switchFeature('billing', true);
    expect(await statuses()).toEqual([401, 401]);
    await switchSelfMode(true);
    expect(await statuses()).toEqual([404, 404]);
  });

  test('of a setting holds for the next request', async () => {
    const scene = await openScene(boot);
    expect((await scene.chat()).status).toBe(200);
    expect(await admin('PUT', '/admin/settings/limits.user_rpm', { value: '1' })).toBe(200);
    const statuses = [(await scene.chat()).status, (await scene.chat()).status];
    expect(statuses).toContain(429);
    expect((await callPlane(boot, 'admin', 'DELETE', '/admin/settings/limits.user_rpm')).status).toBe(200);
    expect((await scene.chat()).status).toBe(200);
  });
});

describe('no answer is HTML', () => {
  beforeAll(async () => await switchSelfMode(false));
  afterAll(async () => await switchSelfMode(true));

  const CALLS = [
    {},
    JSON_BODY,
    { body: '{"broken', headers: { 'content-type': 'application/json' } },
    { body: '<b>x</b>', headers: { 'content-type': 'text/html', accept: 'text/html' } },
    { headers: { accept: 'text/html,application/xhtml+xml', authorization: 'Bearer sk-nonsense' } },
  ];
  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];
  const STRANGE = [
    '/',
    '/index.html',
    '/favicon.ico',
    '/admin',
    '/v1',
    '/%zz',
    '/%00',
    '//',
    '/..%2f',
    `/${'x'.repeat(9_000)}`,
  ];

  test('on any path with any method and input', { timeout: 240_000 }, async () => {
    const seen = new Set<string>();
    const samples = new Set([...manifest.map(({ path }) => samplePath(path)), ...MONEY_PATHS, ...STRANGE]);
    for (const plane of PLANES) {
      for (const path of samples) {
        for (const method of METHODS) {
          // Rotating a keyring is real work; once is enough, and it is not what this is about.
          if (path.includes('keyring')) continue;
          for (const call of CALLS) {
            const { type, status, text } = await callPlane(boot, plane, method, path, call);
            seen.add(type.split(';')[0] ?? '');
            expect([plane, method, path, type]).not.toEqual([plane, method, path, expect.stringMatching(/html/i)]);
            expect([plane, method, path, text.trimStart().startsWith('<')]).toEqual([plane, method, path, false]);
            expect([plane, method, path, status === 500]).toEqual([plane, method, path, false]);
          }
        }
      }
    }
    expect([...seen].sort(byText)).toEqual(['application/json', 'application/problem+json', 'text/plain']);
  });

  test('not even when the upstream’s is', async () => {
    const scene = await openScene(boot);
    for (const status of [200, 400, 403, 404, 500]) {
      scene.up.reset();
      scene.up.when({}, fault.htmlBlockPage(status));
      for (const call of [scene.chat(), scene.chatStream(), scene.responses(), scene.responsesStream()]) {
        const { headers, text } = await call;
        expect([status, headers['content-type']]).not.toEqual([status, expect.stringMatching(/html/i)]);
        expect([status, text]).not.toEqual([status, expect.stringContaining('<html>')]);
      }
    }
  });
});

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Whether a path is one that the manifest has with its parameters filled in. */
function formOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/(?<=\/):\w+|\{\w+\}/g, '[^/]+').replace('*', '.+')}$`);
}

function sorted(routes: readonly { readonly method: string; readonly path: string }[]): string[] {
  return routes.map(({ method, path }) => `${method} ${path}`).sort(byText);
}

function hasBody(method: string): boolean {
  return ['POST', 'PUT', 'PATCH'].includes(method);
}
