import { runClosedLoop } from './load-closed-loop.ts';
import { runOpenLoop } from './load-open-loop.ts';
import type { LoadPlan, LoadResult } from './load-plan.ts';
import { runStreams } from './load-streams.ts';

/** Makes load as told by the bench, one plan at a time, and answers with what it saw. */

process.on('disconnect', () => process.exit(0));
process.on('message', (plan: LoadPlan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.send?.({ port: 0 });

function run(plan: LoadPlan): Promise<LoadResult> {
  switch (plan.kind) {
    case 'closed-loop':
      return runClosedLoop(plan);
    case 'open-loop':
      return runOpenLoop(plan);
    case 'streams':
      return runStreams(plan);
  }
}
