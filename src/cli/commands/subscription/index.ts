import type { Node } from '../../command.ts';
import { cancelSubscription } from './cancel.ts';
import { extendSubscription } from './extend.ts';
import { grantSubscription } from './grant.ts';
import { listSubscriptions } from './list.ts';
import { showSubscription } from './show.ts';

export const subscriptionCommands: readonly Node[] = [
  grantSubscription,
  listSubscriptions,
  showSubscription,
  cancelSubscription,
  extendSubscription,
];
