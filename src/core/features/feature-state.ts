import type { ConfigKey } from '../config/index.ts';
import type { SettingSource, Settings } from '../settings/index.ts';

export const FEATURES = [
  'web_announcements',
  'web_tokens',
  'web_usage',
  'models',
  'billing',
  'tickets',
  'admin_channels',
  'admin_channel_groups',
  'admin_users',
  'admin_usage',
  'admin_announcements',
] as const;
export type Feature = (typeof FEATURES)[number];

export interface FeatureFlag {
  /** True: its routes do not exist (404). Billing disabled is free mode, models disabled is model passthrough. */
  readonly disabled: boolean;
  readonly source: 'self_mode' | SettingSource;
}

export type FeatureState = Readonly<Record<Feature, FeatureFlag>> & { readonly selfMode: boolean };

/** What self mode forces off, whatever else is set. */
const MONEY_FEATURES: ReadonlySet<Feature> = new Set(['billing', 'tickets']);

/** The one place where the shape of the product is decided: self mode, then rows, then the config's defaults. */
export function featureStateEffective(settings: Settings): FeatureState {
  const selfMode = settings.effective['self_mode.enable'];
  return stateOf(selfMode, (feature) => {
    if (selfMode && MONEY_FEATURES.has(feature)) return { disabled: true, source: 'self_mode' };
    const key: ConfigKey = `app_settings_defaults.feature_disable_${feature}`;
    return { disabled: settings.effective[key], source: settings.sources[key] };
  });
}

/** Everything off: for a start at which the settings could not be read at all, because a fault must open nothing. */
export function closedFeatureState(): FeatureState {
  return stateOf(true, () => ({ disabled: true, source: 'fault' }));
}

/** The row of app_settings that switches a feature off. */
export function featureSettingKey(feature: Feature): string {
  return `feature_disable_${feature}`;
}

function stateOf(selfMode: boolean, flagOf: (feature: Feature) => FeatureFlag): FeatureState {
  const flags = Object.fromEntries(FEATURES.map((feature) => [feature, flagOf(feature)]));
  return { ...(flags as Record<Feature, FeatureFlag>), selfMode };
}
