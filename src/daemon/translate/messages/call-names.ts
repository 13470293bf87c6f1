/** Names of the calls seen so far, by their ids: a result names only the id. */
export type CallNames = Map<string, string>;
