// The admin API as data: one value mounts and validates a route, types the client and yields OpenAPI.
// It knows no domain; daemon/admin maps between the two.
export * from './admin-routes.ts';
export * from './audit.ts';
export * from './cooldowns.ts';
export * from './credentials.ts';
export * from './doctor.ts';
export * from './feature-name.ts';
export * from './features.ts';
export * from './groups.ts';
export * from './keyring.ts';
export * from './keys.ts';
export * from './models.ts';
export * from './openapi.ts';
export * from './prices.ts';
export * from './requests.ts';
export * from './route.ts';
export * from './settings.ts';
export * from './status.ts';
export * from './tokens.ts';
export * from './upstreams.ts';
export * from './usage.ts';
export * from './users.ts';
