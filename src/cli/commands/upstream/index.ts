import type { Node } from '../../command.ts';
import { addUpstream } from './add.ts';
import { editUpstream } from './edit.ts';
import { endpointBranch } from './endpoint.ts';
import { listUpstreams } from './list.ts';
import { removeUpstream } from './remove.ts';
import { showUpstream } from './show.ts';
import { disableUpstream, enableUpstream } from './switch.ts';
import { testUpstream } from './test.ts';

export const upstreamCommands: readonly Node[] = [
  addUpstream,
  listUpstreams,
  showUpstream,
  editUpstream,
  enableUpstream,
  disableUpstream,
  removeUpstream,
  testUpstream,
  endpointBranch,
];
