import { z } from 'zod';
import { route } from './route.ts';

export const rotateKeyring = route({
  operationId: 'rotateKeyring',
  method: 'POST',
  path: '/admin/keyring/rotate',
  feature: null,
  role: 'root',
  summary: 'Make a new encryption key, seal every stored secret with it again and drop the old ones',
  response: z.object({
    primary_id: z.string().describe('Id of the key that seals from now on'),
    resealed: z.int().describe('Stored secrets that were sealed again'),
    dropped: z.array(z.string()).describe('Ids of the keys that were dropped'),
    unused: z.array(z.string()).describe('Ids of keys that nothing needs and that you can take out of secrets.keyring'),
    resumed: z.boolean().describe('True: this finished an earlier rotation instead of making another key'),
  }),
});
