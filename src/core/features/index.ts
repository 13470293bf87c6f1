// Which parts of the product exist right now. The only judge of it; knows settings, and no route.
export {
  closedFeatureState,
  FEATURES,
  type Feature,
  type FeatureFlag,
  type FeatureState,
  featureSettingKey,
  featureStateEffective,
} from './feature-state.ts';
export { requireFeature, setFeature, setSelfMode } from './set-feature.ts';
