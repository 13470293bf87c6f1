// The admin API: contract to core verbs and back. Knows every noun and no relaying.
export { adminManifest, buildAdminApp } from './admin-app.ts';
export type { AdminDeps, ProbeResult } from './admin-deps.ts';
