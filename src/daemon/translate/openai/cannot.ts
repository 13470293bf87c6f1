import { type Asked, type Feature, Untranslatable } from '../form/index.ts';

/** Refuses what the upstream's API has no words for, in the client's own words. */
export function cannot(asked: Asked, feature: Feature, what: string): never {
  const field = asked.fieldNames[feature];
  throw new Untranslatable(field, `${field}: ${what} cannot be asked of the provider of this model`);
}
