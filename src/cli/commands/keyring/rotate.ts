import { leaf } from '../../command.ts';
import { words } from '../../render/cells.ts';

export const rotateKeyring = leaf({
  name: 'rotate',
  about: 'make a new encryption key and seal every stored secret with it again',
  examples: ['realms keyring rotate --yes'],
  run: async (context) => {
    await context.confirm(
      'Make a new encryption key? Backups of the keyring file from before will not open what is sealed then.',
    );
    const { rotateKeyring } = await import('../../../core/contract/index.ts');
    const result = await (await context.client()).call(rotateKeyring, {}, { slow: true });
    return {
      data: result,
      view: {
        kind: 'fields',
        fields: [
          ['key', result.primary_id],
          ['sealed again', String(result.resealed)],
          ['dropped', words(result.dropped)],
          [
            'no longer needed',
            result.unused.length === 0 ? null : `${words(result.unused)}: take them out of secrets.keyring`,
          ],
        ],
      },
      names: [result.primary_id],
      notes: [
        ...(result.resumed ? ['this finished an earlier rotation; no further key was made'] : []),
        'back up the keyring file now: without it stored secrets cannot be opened',
      ],
    };
  },
});
