import { processIo } from '../src/cli/io.ts';
import { runCli } from '../src/cli/program.ts';
import { systemClock } from '../src/core/time.ts';

// A reader that goes away (`realms usage list | head`) ends the output, not the program.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  io: processIo(),
  clock: systemClock,
  serve: async (flags) => (await import('../src/daemon/serve.ts')).serve(flags),
  migrations: async () => (await import('../migrations/index.ts')).migrations,
});
