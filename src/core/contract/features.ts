import { z } from 'zod';
import { featureName } from './feature-name.ts';
import { route } from './route.ts';

const source = z
  .enum(['self_mode', 'default', 'file', 'env', 'flag', 'database', 'fault'])
  .describe('What decided it; fault: the setting cannot be read, so the feature is off');

export const featureView = z
  .object({
    name: featureName,
    setting: z.string().describe('Key of the setting that switches it'),
    enabled: z.boolean().describe('Whether its routes exist'),
    source,
  })
  .meta({ id: 'Feature' });

export const selfModeView = z
  .object({ enabled: z.boolean().describe('True: billing and tickets are off whatever their settings say'), source })
  .meta({ id: 'SelfMode' });

const featuresView = z.object({
  self_mode: selfModeView,
  items: z.array(featureView).describe('Every feature'),
});

const switchBody = z.strictObject({ enabled: z.boolean().describe('true switches on, false switches off') });

export const listFeatures = route({
  operationId: 'listFeatures',
  method: 'GET',
  path: '/admin/features',
  feature: null,
  role: 'operator',
  summary: 'List features with their state and what decided it',
  response: featuresView,
});

export const setFeature = route({
  operationId: 'setFeature',
  method: 'PUT',
  path: '/admin/features/:feature',
  feature: null,
  role: 'admin',
  summary: 'Switch a feature on or off; takes effect at once',
  params: z.strictObject({
    feature: z.string().min(1).max(100).describe('Name, with or without feature_disable_; or self-mode'),
  }),
  body: switchBody,
  response: featuresView,
});

export const setSelfMode = route({
  operationId: 'setSelfMode',
  method: 'PUT',
  path: '/admin/features/self-mode',
  feature: null,
  role: 'admin',
  summary: 'Switch self mode on or off',
  body: switchBody,
  response: featuresView,
});
