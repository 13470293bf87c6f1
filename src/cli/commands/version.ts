import { readVersion } from '../../core/version.ts';
import { leaf } from '../command.ts';

export const version = leaf({
  name: 'version',
  about: 'show the version of this program',
  examples: ['realms version', 'realms version -o json'],
  run: async () => {
    const data = { version: readVersion(), node: process.versions.node };
    return {
      data,
      view: { kind: 'text', lines: [`realms ${data.version} (node ${data.node})`] },
      names: [data.version],
    };
  },
});
