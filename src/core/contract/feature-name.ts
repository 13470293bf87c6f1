import { z } from 'zod';

/** Every switchable part of Realms. The setting `feature_disable_<name>` turns one off. */
export const FEATURE_NAMES = [
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
export type FeatureName = (typeof FEATURE_NAMES)[number];

export const featureName = z.enum(FEATURE_NAMES).describe('Name of the feature');
