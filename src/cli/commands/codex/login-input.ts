/** What every way of logging in is told. */
export interface LoginInput {
  readonly upstream: string;
  /** For the credential. */
  readonly name?: string;
}
