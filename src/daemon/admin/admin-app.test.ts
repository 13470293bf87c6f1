import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { adminRoutes } from '../../core/contract/index.ts';
import { setFeature } from '../../core/features/index.ts';
import { adminManifest } from './admin-app.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;
beforeEach(async () => {
  admin = await adminHarness();
});
afterEach(async () => {
  await admin.close();
});

describe('answers', () => {
  test('carry version, request id and no-store, and are JSON', async () => {
    const answer = await admin.call('GET', '/admin/status');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'realms-version': '1.2.3',
      'x-request-id': expect.stringMatching(/^req_/),
      'cache-control': 'no-store',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  test('an unknown path is a problem', async () => {
    const answer = await admin.call('GET', '/admin/nothing');
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json\b/);
    expect(answer.json).toMatchObject({ code: 'not_found', status: 404, type: 'urn:realms:problem:not_found' });
    expect(answer.json.request_id).toBe(answer.headers['x-request-id']);
  });

  test('a method that a path does not have is 405 with what it has', async () => {
    const answer = await admin.call('PATCH', '/admin/status');
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('GET, HEAD');
    expect(answer.json.code).toBe('method_not_allowed');
    expect((await admin.call('HEAD', '/admin/status')).status).toBe(200);
  });

  test('a path that is not percent-encoded is a problem', async () => {
    const answer = await admin.call('GET', '/admin/models/%zz');
    expect(answer.status).toBe(400);
    expect(answer.json.code).toBe('invalid_input');
  });
});

describe('input', () => {
  test('every fault is named with its place, unknown fields with what may be meant', async () => {
    const answer = await admin.call('POST', '/admin/users', { body: { name: 'not a name', rpm: -1, concurency: 3 } });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'invalid_input', title: 'Invalid input' });
    const paths = answer.json.errors.map((error: { path: string }) => error.path);
    expect(new Set(paths)).toEqual(new Set(['name', 'rpm', 'concurency']));
    expect(answer.json.errors).toContainEqual({
      path: 'concurency',
      message: 'there is no such field; did you mean "concurrency"?',
    });
  });

  test('the query is checked too', async () => {
    const answer = await admin.call('GET', '/admin/users?limit=0&surprise=1');
    expect(answer.status).toBe(422);
    const paths = answer.json.errors.map((error: { path: string }) => error.path);
    expect(new Set(paths)).toEqual(new Set(['query.limit', 'query.surprise']));
  });

  test('a cursor that this server did not give', async () => {
    const answer = await admin.call('GET', '/admin/users?cursor=%00');
    expect(answer.status).toBe(422);
    expect(answer.json.errors[0].path).toBe('cursor');
  });

  test('bodies that are no JSON, too large, or not wanted', async () => {
    const broken = { type: 'application/json', text: '{"name":' };
    expect((await admin.call('POST', '/admin/users', { raw: broken })).status).toBe(400);
    const form = { type: 'application/x-www-form-urlencoded', text: 'name=a' };
    expect((await admin.call('POST', '/admin/users', { raw: form })).status).toBe(415);
    const polluting = { type: 'application/json', text: '{"name":"a","__proto__":{"role":"root"}}' };
    expect((await admin.call('POST', '/admin/users', { raw: polluting })).status).toBe(400);
    const large = { name: 'a'.repeat(4 * 1024 * 1024) };
    expect((await admin.call('POST', '/admin/users', { body: large })).status).toBe(413);
    const unwanted = await admin.call('DELETE', '/admin/keys/nobody', { body: { force: true } });
    expect(unwanted.json.errors).toEqual([{ path: 'body', message: 'this route takes no body' }]);
    const empty = { type: 'application/json', text: '' };
    expect((await admin.call('DELETE', '/admin/keys/nobody', { raw: empty })).status).toBe(404);
  });
});

describe('faults of the daemon', () => {
  test('a 5xx shows nothing of what failed; the log has it under the request id', async () => {
    const canary = 'connection to postgres://user:hunter2@db failed';
    Object.assign(admin.deps, {
      metricsText: async () => {
        throw new Error(canary);
      },
    });
    const answer = await admin.call('GET', '/metrics');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('hunter2');
    expect(answer.json.code).toBe('internal');
    const logged = admin.said.find((line) => line.startsWith('admin call failed'));
    expect(logged).toContain(answer.json.request_id);
    expect(logged).toContain('hunter2');
  });

  test('an answer that is not what the contract says is a 500, not a leak', async () => {
    admin.probeResult = { ...admin.probeResult, latencyMs: Number.NaN };
    await admin.call('POST', '/admin/upstreams', {
      body: { name: 'one', base_url: 'https://api.example.com/v1', key: 'sk-canary-canary' },
    });
    expect((await admin.call('POST', '/admin/upstreams/one/test')).status).toBe(500);
  });
});

describe('features', () => {
  const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

  test('off: every method of every path that the feature owns is 404, with how to switch it on', async () => {
    const owned = [...new Set(adminRoutes.map((route) => route.feature))].filter((feature) => feature !== null);
    expect(new Set(owned)).toEqual(
      new Set(['admin_channels', 'admin_channel_groups', 'models', 'admin_users', 'billing', 'admin_usage']),
    );
    for (const feature of owned) {
      await setFeature(admin.ctx, feature, { disabled: true });
      await admin.live.refresh('settings');
      for (const { path } of adminManifest.filter((route) => route.feature === feature)) {
        for (const method of METHODS) {
          const answer = await admin.call(method, path.replace(/:\w+/g, 'x'), {
            ...(method === 'POST' ? { raw: { type: 'application/json', text: '{' } } : {}),
          });
          expect(answer.status, `${method} ${path}`).toBe(404);
          if (method === 'HEAD') continue;
          expect(answer.json, `${method} ${path}`).toMatchObject({
            code: 'feature_disabled',
            feature,
            hint: `switch it on with: realms feature enable ${feature}`,
          });
        }
      }
    }
  });

  test('all routes of one path belong to the same feature', () => {
    for (const { path, feature } of adminManifest) {
      const others = adminManifest.filter((route) => route.path === path).map((route) => route.feature);
      expect(new Set(others), path).toEqual(new Set([feature]));
    }
  });
});
