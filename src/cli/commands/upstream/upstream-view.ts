import type { ResponseOf, showUpstream, testUpstream } from '../../../core/contract/index.ts';
import { EXIT } from '../../exit-codes.ts';
import { type Answer, type Cell, type Column, item, type Tone, table } from '../../render/answer.ts';
import { instant, onOff, orNone, span, words } from '../../render/cells.ts';

export type Upstream = ResponseOf<typeof showUpstream>;
type TestReport = ResponseOf<typeof testUpstream>;

const TONES: Readonly<Record<string, Tone>> = { ready: 'good', cooling: 'warn', unusable: 'bad', expired: 'bad' };

/** A state word in its colour; one that this version does not know is shown as it is. */
export function stateCell(state: string): Cell {
  return { text: state, tone: TONES[state] ?? 'dim' };
}

export const UPSTREAM_COLUMNS: readonly Column<Upstream>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'KIND', cell: (row) => row.kind },
  { title: 'STATE', cell: (row) => stateCell(row.state) },
  { title: 'READY', cell: (row) => `${row.ready_credentials}/${row.total_credentials}` },
  { title: 'PRIORITY', right: true, cell: (row) => String(row.priority) },
  { title: 'WEIGHT', right: true, cell: (row) => String(row.weight) },
  { title: 'BASE URL', cell: (row) => words(row.endpoints.map((endpoint) => endpoint.base_url)) },
];

export function showOne(upstream: Upstream, notes: readonly string[] = []): Answer {
  const endpoints = upstream.endpoints.map((endpoint) => `${endpoint.base_url}${endpoint.enabled ? '' : ' (off)'}`);
  const credentials = upstream.credentials.map((one) => `${one.name} ${one.hint} ${one.state}`);
  return item(
    upstream,
    [
      ['name', upstream.name],
      ['id', upstream.id],
      ['kind', upstream.kind],
      ['speaks', words(upstream.wires)],
      ['state', stateCell(upstream.state)],
      ['enabled', onOff(upstream.enabled)],
      ['ready', `${upstream.ready_credentials} of ${upstream.total_credentials} credentials`],
      ['priority', String(upstream.priority)],
      ['weight', String(upstream.weight)],
      ['endpoints', words(endpoints)],
      ['credentials', orNone(credentials.join('; '))],
      ['private addresses', upstream.allow_private ? 'allowed' : 'refused'],
      ['plain http', upstream.allow_http ? 'allowed' : 'refused'],
      ['sets fields', jsonOrNone(upstream.param_override)],
      ['sets headers', jsonOrNone(upstream.header_override)],
      ['error rules', String(upstream.error_rules.length)],
      ['asks for usage', onOff(upstream.inject_stream_usage)],
      ['created', instant(upstream.created_at)],
    ],
    notes,
  );
}

/** What a probe found; a failed one ends the command with the status for third parties. */
export function showTest(report: TestReport): Answer {
  const columns: readonly Column<TestReport['results'][number]>[] = [
    { title: 'CREDENTIAL', cell: (row) => row.credential },
    { title: 'ENDPOINT', cell: (row) => row.endpoint },
    { title: 'RESULT', cell: (row) => (row.ok ? { text: 'ok', tone: 'good' } : { text: 'FAIL', tone: 'bad' }) },
    { title: 'STATUS', right: true, cell: (row) => orNone(row.status) },
    { title: 'TOOK', right: true, cell: (row) => span(row.latency_ms) },
    { title: 'DETAIL', cell: (row) => row.detail },
  ];
  return {
    data: report,
    view: table(report.results, columns, 'nothing to try: no enabled endpoint or credential'),
    names: report.results.map((result) => result.credential_id),
    exit: report.ok ? EXIT.done : EXIT.thirdParty,
  };
}

function jsonOrNone(value: object): string {
  return Object.keys(value).length === 0 ? '-' : JSON.stringify(value);
}
