import { z } from 'zod';
import { listOf } from './fields.ts';
import { route } from './route.ts';

export const settingView = z
  .object({
    key: z.string().describe('Dotted key, as in the config file'),
    value: z.string().describe('Value in force as text; secrets show as [redacted]'),
    source: z
      .enum(['default', 'file', 'env', 'flag', 'database', 'fault'])
      .describe('What decided it; fault: the stored text cannot be understood'),
    runtime: z.boolean().describe('Whether it can be changed here without a restart'),
    doc: z.string().describe('What it does'),
  })
  .meta({ id: 'Setting' });

const settingParams = z.strictObject({ key: z.string().min(1).max(200).describe('Key of the setting') });

export const listSettings = route({
  operationId: 'listSettings',
  method: 'GET',
  path: '/admin/settings',
  feature: null,
  role: 'operator',
  summary: 'List settings with their value and what decided it',
  response: listOf(settingView),
});

export const showSetting = route({
  operationId: 'showSetting',
  method: 'GET',
  path: '/admin/settings/:key',
  feature: null,
  role: 'operator',
  summary: 'Show a setting',
  params: settingParams,
  response: settingView,
});

export const setSetting = route({
  operationId: 'setSetting',
  method: 'PUT',
  path: '/admin/settings/:key',
  feature: null,
  role: 'admin',
  summary: 'Override a setting; takes effect at once. Payment and billing settings need the role root',
  params: settingParams,
  body: z.strictObject({ value: z.string().max(10_000).describe('The value as text') }),
  response: settingView,
});

export const unsetSetting = route({
  operationId: 'unsetSetting',
  method: 'DELETE',
  path: '/admin/settings/:key',
  feature: null,
  role: 'admin',
  summary: 'Remove the override, so that the config file or the default decides again',
  params: settingParams,
  response: settingView,
});
