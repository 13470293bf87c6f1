/** How a call goes wrong; `before` or `after` it has had its effect. */
export interface ApiFault {
  readonly when: 'before' | 'after';
  readonly how:
    | { readonly status: number; readonly code?: string; readonly headers?: Readonly<Record<string, string>> }
    /** No answer comes until the caller gives up. */
    | 'stall'
    /** The connection breaks. */
    | 'cut'
    /** An answer that is no JSON. */
    | 'garbage';
}

export interface ApiMatch {
  readonly method?: string;
  /** The beginning of the path, e.g. `/v1/refunds`. */
  readonly path?: string;
}

interface Rule {
  readonly match: ApiMatch;
  readonly fault: ApiFault;
  left: number;
}

/** What is to go wrong with the next calls. */
export class ApiFaults {
  readonly #rules: Rule[] = [];

  plan(match: ApiMatch, fault: ApiFault, times: number): void {
    this.#rules.push({ match, fault, left: times });
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** Takes the fault for this call, if there is one left. */
  take(method: string, path: string): ApiFault | undefined {
    const rule = this.#rules.find(({ match, left }) => left > 0 && fits(match, method, path));
    if (rule === undefined) return undefined;
    rule.left -= 1;
    return rule.fault;
  }
}

function fits(match: ApiMatch, method: string, path: string): boolean {
  return (match.method ?? method) === method && path.startsWith(match.path ?? '');
}
