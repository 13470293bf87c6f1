import * as contract from '../../core/contract/index.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import { type SettingEntry, setSetting, unsetSetting } from '../../core/settings/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { type Caller, requireRole } from './caller.ts';
import { wholeList } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

/** What decides over money is for root alone. */
const MONEY_KEY = /^(?:payment|billing)/;

export function settingRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listSettings, async () => wholeList(deps.live.state.settings.list())),

    serve(contract.showSetting, async ({ params }) => requireEntry(deps, params.key)),

    serve(contract.setSetting, async ({ params: { key }, body, caller }) => {
      requireMoneyRole(caller, key);
      const before = entryOf(deps, key);
      await recordChange(deps, caller, { topic: 'settings', action: 'setting.set' }, async (tx) => {
        await setSetting(tx, key, body.value);
        return {
          result: undefined,
          object: key,
          ...(before ? { before: facts(before) } : {}),
          after: { value: body.value },
        };
      });
      return requireEntry(deps, key);
    }),

    serve(contract.unsetSetting, async ({ params: { key }, caller }) => {
      requireMoneyRole(caller, key);
      const before = entryOf(deps, key);
      await recordChange(deps, caller, { topic: 'settings', action: 'setting.unset' }, async (tx) => {
        await unsetSetting(tx, key);
        return { result: undefined, object: key, ...(before ? { before: facts(before) } : {}) };
      });
      return requireEntry(deps, key);
    }),
  ];
}

function requireMoneyRole(caller: Caller, key: string): void {
  if (MONEY_KEY.test(key)) requireRole(caller, 'root');
}

function entryOf(deps: AdminDeps, key: string): SettingEntry | undefined {
  return deps.live.state.settings.list().find((entry) => entry.key === key);
}

function requireEntry(deps: AdminDeps, key: string): SettingEntry {
  const entry = entryOf(deps, key);
  if (entry) return entry;
  throw notFound(
    'setting',
    key,
    deps.live.state.settings.list().map((known) => known.key),
  );
}

function facts({ value, source }: SettingEntry): { value: string; source: string } {
  return { value, source };
}
