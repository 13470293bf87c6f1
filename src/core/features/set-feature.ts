import type { Ctx } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../nearest.ts';
import { setSetting } from '../settings/index.ts';
import { FEATURES, type Feature, featureSettingKey } from './feature-state.ts';

/** Switches a feature on or off for every daemon of this database. In self mode billing and tickets stay off all the same. */
export async function setFeature(
  ctx: Ctx,
  feature: Feature,
  { disabled }: { readonly disabled: boolean },
): Promise<void> {
  await setSetting(ctx, featureSettingKey(feature), String(disabled));
}

/** Chooses the shape: true is personal, false is business. */
export async function setSelfMode(ctx: Ctx, isOn: boolean): Promise<void> {
  await setSetting(ctx, 'self_mode.enable', String(isOn));
}

/** @throws Failure not_found with the nearest feature. */
export function requireFeature(text: string): Feature {
  const feature = FEATURES.find((known) => known === text);
  if (feature) return feature;
  throw new Failure('not_found', { message: `there is no feature "${text}"`, ...didYouMean(text, FEATURES) });
}
