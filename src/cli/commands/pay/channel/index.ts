import { branch } from '../../../command.ts';
import { addChannel } from './add.ts';
import { editChannel } from './edit.ts';
import { listChannels, removeChannel, resetChannel, showChannel } from './manage.ts';
import { disableChannel, enableChannel } from './switch.ts';

export const channelBranch = branch({
  name: 'channel',
  about: 'accounts at payment providers; root only',
  children: [
    addChannel,
    listChannels,
    showChannel,
    editChannel,
    enableChannel,
    disableChannel,
    removeChannel,
    resetChannel,
  ],
});
