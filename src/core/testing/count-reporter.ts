import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the output with one plain line, `N passed, N failed`. A file that could not be loaded and an error outside any
 * test count as failures, so that zero failed always means a clean run.
 */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        if (test.result().state === 'passed') passed += 1;
        if (test.result().state === 'failed') failed += 1;
      }
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
    }
    // After everything else: vitest still prints its summary and may complain while it closes.
    process.once('exit', (code) => {
      // A server that could not be started fails the run before any test does.
      const failures = failed === 0 && code !== 0 ? 1 : failed;
      process.stdout.write(`\n${passed} passed, ${failures} failed\n`);
    });
  }
}
