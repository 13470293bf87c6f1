import { afterAll } from 'vitest';
import { dropSpares } from './fresh-postgres.ts';

// After the last test of a file nobody uses its databases again.
afterAll(dropSpares);
