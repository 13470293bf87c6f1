import type { ResponseOf, showStatus } from '../../core/contract/index.ts';
import { leaf } from '../command.ts';
import type { Field } from '../render/answer.ts';
import { orNone, span, words } from '../render/cells.ts';

type Status = ResponseOf<typeof showStatus>;

export const status = leaf({
  name: 'status',
  about: 'show what the daemon is doing, on one screen',
  examples: ['realms status', 'realms status -o json'],
  run: async (context) => {
    const { showStatus } = await import('../../core/contract/index.ts');
    const found = await (await context.client()).call(showStatus, {});
    return { data: found, view: { kind: 'fields', fields: tell(found) }, names: [found.version] };
  },
});

function tell(status: Status): Field[] {
  const { listeners, upstreams, credentials, models, relay } = status;
  return [
    ['realms', `${status.version}  node ${status.node}  pid ${status.pid}  up ${span(status.uptime_ms)}`],
    [
      'state',
      status.draining ? { text: 'stopping: takes no new requests', tone: 'warn' } : { text: 'serving', tone: 'good' },
    ],
    ['relay', orNone(listeners.public)],
    ['admin', words([listeners.admin_socket, listeners.admin].filter((one) => one !== null))],
    ['database', status.database.version],
    ['features off', `${words(status.features_off, 'none')}${status.self_mode ? ' (self mode)' : ''}`],
    [
      'upstreams',
      {
        text: `${upstreams.ready} ready, ${upstreams.cooling} cooling, ${upstreams.unusable} unusable, ${upstreams.disabled} disabled`,
        tone: upstreams.total > 0 && upstreams.ready === 0 ? 'bad' : 'good',
      },
    ],
    ['credentials', `${credentials.ready} of ${credentials.total} ready`],
    ['models', `${models.total}${models.unpriced > 0 ? `, ${models.unpriced} without a price` : ''}`],
    ['keys', `${status.keys} of ${status.users} users`],
    ['now', `${relay.inflight} requests running, ${relay.streams} of them streams`],
    ['since start', `${relay.requests} requests, ${relay.failures} failed or refused`],
    ['unwritten', relay.usage_queued === 0 ? null : `${relay.usage_queued} usage events`],
  ];
}
