// Seals what the database must not show. Knows no table: who owns sealed columns seals and opens them here.
export type { Keyring } from './keyring.ts';
export { type KeyringSource, type KeyringTools, openKeyring } from './open-keyring.ts';
export { type Resealed, type Rotation, rotateKeyring } from './rotate-keyring.ts';
