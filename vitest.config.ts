import { defineConfig } from 'vitest/config';
import { CountReporter } from './src/core/testing/count-reporter.ts';

const TESTS = ['src/**/*.test.{ts,tsx}', 'migrations/**/*.test.ts', 'bin/**/*.test.ts', 'bench/**/*.test.ts'];
/** Stories of the built program and of killed processes: one file at a time, with time to spare. */
const SLOW = ['src/**/acceptance/**/*.test.ts', 'src/**/*sigkill*.test.ts'];
/** Rooms that never touch a database; everything else runs once for each database. */
const PURE = [
  'src/core/*.test.ts',
  'src/core/config/**/*.test.ts',
  'src/core/quota/slice.test.ts',
  'src/core/scheduling/{candidate,cooldown-rule,limit-book,pick,rate-window,upstream-error}.test.ts',
  'src/core/codex/{limits,read-texts}.test.ts',
  'src/core/usage/cost.test.ts',
  'src/core/contract/**/*.test.ts',
  'src/core/testing/{house-rules,count-reporter,start-postgres,fake-codex,fake-stripe,spawn-fake-stripe}.test.ts',
  'src/core/payments/{epay,stripe}/**/*.test.ts',
  'src/daemon/wire/**/*.test.ts',
  'src/daemon/http/{admin-socket,listen-address}.test.ts',
  'src/daemon/relay/{dialects,codex}/**/*.test.ts',
  'src/daemon/{socket,translate}/**/*.test.ts',
  'src/daemon/demo/**/*.test.ts',
  'src/daemon/testing/**/*.test.ts',
  'src/cli/**/*.test.{ts,tsx}',
];
const POSTGRES = {
  globalSetup: ['./src/core/testing/start-postgres.ts'],
  setupFiles: ['./src/core/testing/drop-databases.ts'],
  env: { REALMS_TEST_DIALECT: 'postgres' },
};
const SQLITE = { env: { REALMS_TEST_DIALECT: 'sqlite' } };
const PATIENT = { testTimeout: 90_000, hookTimeout: 90_000, fileParallelism: false };

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 15_000,
    hookTimeout: 30_000,
    // Nothing passes because of an earlier test's mocks or because nobody wrote a test.
    restoreMocks: true,
    passWithNoTests: false,
    reporters: ['default', new CountReporter()],
    projects: [
      { extends: true, test: { name: 'pure', include: PURE, exclude: SLOW } },
      { extends: true, test: { name: 'sqlite', include: TESTS, exclude: [...PURE, ...SLOW], ...SQLITE } },
      { extends: true, test: { name: 'postgres', include: TESTS, exclude: [...PURE, ...SLOW], ...POSTGRES } },
      {
        extends: true,
        test: { name: 'slow-sqlite', include: SLOW, sequence: { groupOrder: 1 }, ...PATIENT, ...SQLITE },
      },
      {
        extends: true,
        test: { name: 'slow-postgres', include: SLOW, sequence: { groupOrder: 2 }, ...PATIENT, ...POSTGRES },
      },
    ],
  },
});
