import { leaf } from '../../command.ts';
import { toggle } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { SETTING_COLUMNS } from './setting-view.ts';

export const listSettings = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list the settings with their value and what decided it',
  examples: ['realms settings list', 'realms settings list --changed'],
  flags: { changed: toggle('only those that are not at their default') },
  run: async (context, { flags }) => {
    const { listSettings } = await import('../../../core/contract/index.ts');
    const settings = await (await context.client()).call(listSettings, {});
    const items = settings.items.filter((setting) => !flags.changed || setting.source !== 'default');
    return list({ ...settings, items }, SETTING_COLUMNS, 'every setting is at its default');
  },
});
