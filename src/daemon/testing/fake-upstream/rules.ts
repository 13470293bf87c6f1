import type { Behaviour } from './exchange.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** All that is given must be so. */
export interface Match {
  /** The credential, without "Bearer". */
  readonly key?: string;
  readonly model?: string;
  readonly method?: string;
  /** The end of the path, such as "/chat/completions". */
  readonly path?: string;
  readonly stream?: boolean;
}

export type Script = (request: RecordedRequest) => Behaviour | undefined;

/** Decides who answers: the script, then what is queued once, then the newest standing rule, then the normal answer. */
export class Rules {
  #script: Script | undefined;
  #once: { readonly match: Match; readonly behaviour: Behaviour }[] = [];
  #standing: { readonly match: Match; readonly behaviour: Behaviour }[] = [];

  script(script: Script | undefined): void {
    this.#script = script;
  }

  once(match: Match, behaviours: readonly Behaviour[]): void {
    this.#once.push(...behaviours.map((behaviour) => ({ match, behaviour })));
  }

  when(match: Match, behaviour: Behaviour): void {
    this.#standing.unshift({ match, behaviour });
  }

  clear(): void {
    this.#script = undefined;
    this.#once = [];
    this.#standing = [];
  }

  behaviourFor(request: RecordedRequest): Behaviour | undefined {
    const scripted = this.#script?.(request);
    if (scripted) return scripted;
    const next = this.#once.find(({ match }) => matches(match, request));
    if (next) {
      this.#once.splice(this.#once.indexOf(next), 1);
      return next.behaviour;
    }
    return this.#standing.find(({ match }) => matches(match, request))?.behaviour;
  }
}

function matches(match: Match, request: RecordedRequest): boolean {
  return (
    (match.key === undefined || match.key === request.key) &&
    (match.model === undefined || match.model === request.model) &&
    (match.method === undefined || match.method === request.method) &&
    (match.path === undefined || request.path.endsWith(match.path)) &&
    (match.stream === undefined || match.stream === request.isStream)
  );
}
