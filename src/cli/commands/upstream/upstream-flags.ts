import type { BodyOf, editUpstream } from '../../../core/contract/index.ts';
import { given } from '../../command.ts';
import { flip, json, text, whole } from '../../flags.ts';
import { readErrorRules } from './error-rules.ts';

/** What an upstream is told when it is added and when it is changed. */
export const UPSTREAM_FLAGS = {
  wires: text('LIST', 'APIs that it offers, such as chat,responses; requests for another are translated'),
  allowPrivate: flip('loopback and private addresses may be dialled'),
  allowHttp: flip('plain http may be used to public addresses'),
  priority: whole('N', 'lower numbers are used first'),
  weight: whole('N', 'share of the traffic among equals in priority'),
  paramOverride: json('request fields to set; null deletes one; @FILE reads a file'),
  headerOverride: json('request headers to set; null removes one; @FILE reads a file'),
  errorRulesFile: text('FILE', 'answers to upstream errors, as a YAML or JSON list'),
  injectStreamUsage: flip('ask for usage in chat streams when the client did not'),
};

interface Given {
  readonly wires: string | undefined;
  readonly allowPrivate: boolean | undefined;
  readonly allowHttp: boolean | undefined;
  readonly priority: number | undefined;
  readonly weight: number | undefined;
  readonly paramOverride: Record<string, unknown> | undefined;
  readonly headerOverride: Record<string, unknown> | undefined;
  readonly errorRulesFile: string | undefined;
  readonly injectStreamUsage: boolean | undefined;
}

type Wires = NonNullable<BodyOf<typeof editUpstream>['wires']>;

export async function readUpstreamFlags(flags: Given) {
  return given({
    wires: flags.wires?.split(',').map((wire) => wire.trim()) as Wires | undefined,
    allow_private: flags.allowPrivate,
    allow_http: flags.allowHttp,
    priority: flags.priority,
    weight: flags.weight,
    // The contract checks what stands in them, with a better message than a type could give.
    param_override: flags.paramOverride as Record<string, never> | undefined,
    header_override: flags.headerOverride as Record<string, never> | undefined,
    error_rules: flags.errorRulesFile === undefined ? undefined : await readErrorRules(flags.errorRulesFile),
    inject_stream_usage: flags.injectStreamUsage,
  });
}
