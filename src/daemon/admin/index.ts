// The admin API: contract to core verbs and back. Knows every noun and no relaying.
export { adminManifest, buildAdminApp } from './admin-app.ts';
export type { AdminDeps } from './admin-deps.ts';
