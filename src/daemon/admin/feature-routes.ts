import * as contract from '../../core/contract/index.ts';
import {
  FEATURES,
  type Feature,
  featureSettingKey,
  requireFeature,
  setFeature,
  setSelfMode,
} from '../../core/features/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type FeaturesView = contract.ResponseOf<typeof contract.listFeatures>;

const PREFIX = 'feature_disable_';
const SELF_MODE_NAMES: ReadonlySet<string> = new Set(['self-mode', 'self_mode', 'self_mode.enable']);

export function featureRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listFeatures, async () => viewFeatures(deps)),

    serve(contract.setFeature, async ({ params, body, caller }) => {
      if (SELF_MODE_NAMES.has(params.feature)) return await switchSelfMode(deps, caller, body.enabled);
      const feature = requireFeature(plainName(params.feature));
      return await switchFeature(deps, caller, feature, body.enabled);
    }),

    serve(contract.setSelfMode, async ({ body, caller }) => await switchSelfMode(deps, caller, body.enabled)),
  ];
}

async function switchFeature(deps: AdminDeps, caller: Caller, feature: Feature, isOn: boolean): Promise<FeaturesView> {
  const wasOn = !deps.live.state.features[feature].disabled;
  await recordChange(deps, caller, { topic: 'settings', action: 'feature.set' }, async (tx) => {
    await setFeature(tx, feature, { disabled: !isOn });
    return { result: undefined, object: feature, before: { enabled: wasOn }, after: { enabled: isOn } };
  });
  return viewFeatures(deps);
}

async function switchSelfMode(deps: AdminDeps, caller: Caller, isOn: boolean): Promise<FeaturesView> {
  const wasOn = deps.live.state.features.selfMode;
  await recordChange(deps, caller, { topic: 'settings', action: 'feature.self_mode' }, async (tx) => {
    await setSelfMode(tx, isOn);
    return { result: undefined, object: 'self_mode', before: { enabled: wasOn }, after: { enabled: isOn } };
  });
  return viewFeatures(deps);
}

function viewFeatures(deps: AdminDeps): FeaturesView {
  const { features, settings } = deps.live.state;
  return {
    self_mode: { enabled: features.selfMode, source: settings.sources['self_mode.enable'] },
    items: FEATURES.map((name) => ({
      name,
      setting: featureSettingKey(name),
      enabled: !features[name].disabled,
      source: features[name].source,
    })),
  };
}

/** A feature may be named by its setting, and with dashes, as people type it. */
function plainName(text: string): string {
  const name = text.replaceAll('-', '_');
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}
