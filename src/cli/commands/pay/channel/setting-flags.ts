import { wrongUsage } from '../../../command-failed.ts';
import { many, text } from '../../../flags.ts';

/** The settings that most channels have; every other one by --set. */
export const SETTING_FLAGS = {
  gateway: text('URL', 'address of the EPay gateway'),
  pid: text('ID', 'merchant id at the EPay gateway'),
  apiBase: text('URL', 'address of the Stripe API, when it is not the usual one'),
  set: many('NAME=VALUE', 'another setting of the provider; an empty value takes it away'),
};

interface SettingValues {
  readonly gateway: string | undefined;
  readonly pid: string | undefined;
  readonly apiBase: string | undefined;
  readonly set: readonly string[] | undefined;
}

/** Undefined when none was given. */
export function settingsOf({ gateway, pid, apiBase, set }: SettingValues): Record<string, string | null> | undefined {
  const settings: Record<string, string | null> = {};
  for (const [name, value] of Object.entries({ gateway, pid, api_base: apiBase })) {
    if (value !== undefined) settings[name] = value;
  }
  for (const pair of set ?? []) {
    const at = pair.indexOf('=');
    if (at <= 0) throw wrongUsage(`--set takes NAME=VALUE, not "${pair.slice(0, 80)}"`);
    const value = pair.slice(at + 1);
    settings[pair.slice(0, at)] = value === '' ? null : value;
  }
  return Object.keys(settings).length === 0 ? undefined : settings;
}
