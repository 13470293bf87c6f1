/** Where a client finds Realms, and what it may use. */
export interface Place {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  readonly usesWebSocket: boolean;
  /** A folder of its own: its home. */
  readonly home: string;
  /** Where `npm install` put the programs. */
  readonly programs: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A program that people use, run without anybody at the keyboard. */
export interface Client {
  readonly name: 'codex' | 'claude';
  /** One name that it knows, and one of which it knows nothing. */
  readonly models: readonly string[];
  /** Prepares its home and says how it is run. */
  prepare(place: Place, ask: string): Promise<Command>;
  /** What it showed as the model's last words. */
  finalText(stdout: string): string;
}
