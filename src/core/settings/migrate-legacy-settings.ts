import { parseFlag } from '../config/index.ts';
import { type Ctx, inTransaction, markChanged } from '../database/index.ts';
import { deleteSetting, readSettings, writeSetting } from './settings-store.ts';

/** Which switch of today says what an old one said. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  policy_free_mode: 'feature_disable_billing',
  policy_model_passthrough: 'feature_disable_models',
  feature_disable_web_models: 'feature_disable_models',
  feature_disable_admin_models: 'feature_disable_models',
};

export interface LegacyMigration {
  /** Settings that are now true. */
  readonly promoted: readonly string[];
  /** Old rows that are gone. */
  readonly deleted: readonly string[];
}

/**
 * Moves the policy switches and the two halves of the models switch to the feature switches of today, then deletes them.
 * Only a true one promotes; a false one, or one that says nothing, is only deleted. A second run finds nothing to do.
 */
export async function migrateLegacySettings(ctx: Ctx): Promise<LegacyMigration> {
  return await inTransaction(ctx, async (tx) => {
    const rows = await readSettings(tx);
    const deleted = Object.keys(SUCCESSORS).filter((key) => rows.has(key));
    if (deleted.length === 0) return { promoted: [], deleted: [] };
    await markChanged(tx, 'settings');
    const isOn = (key: string): boolean => parseFlag(rows.get(key) ?? '') === true;
    const promoted = [...new Set(deleted.filter(isOn).map((key) => SUCCESSORS[key] ?? ''))];
    for (const key of promoted) await writeSetting(tx, key, 'true');
    for (const key of deleted) await deleteSetting(tx, key);
    return { promoted, deleted };
  });
}
