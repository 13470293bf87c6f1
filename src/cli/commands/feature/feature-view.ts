import type { listFeatures, ResponseOf } from '../../../core/contract/index.ts';
import { type Answer, type Column, table } from '../../render/answer.ts';
import { onOff } from '../../render/cells.ts';

type Features = ResponseOf<typeof listFeatures>;

interface Row {
  readonly name: string;
  readonly setting: string;
  readonly enabled: boolean;
  readonly source: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'FEATURE', cell: (row) => row.name },
  { title: 'STATE', cell: (row) => onOff(row.enabled) },
  { title: 'DECIDED BY', cell: (row) => row.source },
  { title: 'SETTING', cell: (row) => row.setting },
];

/** Self mode stands first: it decides about others. */
export function showFeatures(features: Features, notes: readonly string[] = []): Answer {
  const selfMode: Row = { name: 'self-mode', setting: 'self_mode.enable', ...features.self_mode };
  return {
    data: features,
    view: table([selfMode, ...features.items], COLUMNS, ''),
    names: features.items.map((feature) => feature.name),
    notes,
  };
}
