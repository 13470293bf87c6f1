import { describe, expect, test } from 'vitest';
import { findTarget, isExposed } from './target.ts';

const nowhere = () => false;

describe('the daemon is looked for', () => {
  test('by flags before the environment before what exists', () => {
    const env = { REALMS_SOCKET: '/env.sock', REALMS_URL: 'https://env.example' };
    expect(findTarget({ socket: '/flag.sock' }, env)).toMatchObject({ path: '/flag.sock', why: '--socket' });
    expect(findTarget({ url: 'https://flag.example' }, env)).toMatchObject({ why: '--url' });
    expect(findTarget({}, env)).toMatchObject({ path: '/env.sock', why: 'REALMS_SOCKET' });
    expect(findTarget({}, { REALMS_URL: 'https://env.example' })).toMatchObject({ why: 'REALMS_URL' });
  });

  test('in the usual places, in order', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/7' };
    const at = (found: string) => findTarget({}, env, (path) => path === found);
    expect(at('/run/realms/admin.sock')).toMatchObject({ path: '/run/realms/admin.sock', why: 'found' });
    expect(at('/run/user/7/realms/admin.sock')).toMatchObject({ path: '/run/user/7/realms/admin.sock' });
    expect(at('./data/admin.sock')).toMatchObject({ path: `${process.cwd()}/data/admin.sock` });
    expect(findTarget({}, env, nowhere)).toMatchObject({ alsoTried: expect.arrayContaining(['./data/admin.sock']) });
  });

  test.each([
    [{ socket: '/a', url: 'https://b' }, 'name two daemons'],
    [{ url: 'ftp://x' }, 'not an http or https address'],
    [{ url: 'realms.example' }, 'not an http or https address'],
    [{ url: 'https://me:pw@realms.example' }, 'must not hold a password'],
  ])('never by %j', (flags, message) => {
    expect(() => findTarget(flags, {})).toThrow(message);
  });
});

test('only plain http to another machine is exposed', () => {
  const exposed = ['http://realms.example', 'http://10.0.0.1:8', 'http://127.evil.example'];
  const safe = ['https://realms.example', 'http://localhost:1', 'http://127.0.0.1', 'http://[::1]:9'];
  expect(exposed.map((url) => isExposed(new URL(url)))).toEqual([true, true, true]);
  expect(safe.map((url) => isExposed(new URL(url)))).toEqual([false, false, false, false]);
});
