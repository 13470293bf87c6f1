import type { Context } from './context.ts';
import type { Flags, FlagValues } from './flags.ts';
import type { Answer } from './render/answer.ts';

interface Arg<Value> {
  readonly about: string;
  readonly optional?: boolean;
  readonly rest?: boolean;
  /** Never set: carries the value's type. */
  readonly value?: Value;
}

type Args = Readonly<Record<string, Arg<unknown>>>;
type ArgValues<A extends Args> = { readonly [Name in keyof A]: A[Name] extends Arg<infer Value> ? Value : never };

export function arg(about: string): Arg<string> {
  return { about };
}

export function optionalArg(about: string): Arg<string | undefined> {
  return { about, optional: true };
}

interface LeafDefinition<A extends Args, F extends Flags> {
  readonly name: string;
  readonly alias?: string;
  /** One line, no full stop. */
  readonly about: string;
  /** Lines that can be pasted into a shell, without `realms`. */
  readonly examples: readonly [string, ...string[]];
  readonly args?: A;
  readonly flags?: F;
  /** Not in help: called by scripts. */
  readonly hidden?: boolean;
  run(context: Context, input: { args: ArgValues<A>; flags: FlagValues<F> }): Promise<Answer>;
}

/** A command that does something. Its file imports what it needs inside `run`, so that a start loads no more than it uses. */
export interface Leaf {
  readonly name: string;
  readonly alias?: string;
  readonly about: string;
  readonly examples: readonly string[];
  readonly args: Args;
  readonly flags: Flags;
  readonly hidden?: boolean;
  run(context: Context, input: { args: Record<string, unknown>; flags: Record<string, unknown> }): Promise<Answer>;
}

/** A noun: a room of commands. */
export interface Branch {
  readonly name: string;
  readonly alias?: string;
  readonly about: string;
  readonly children: readonly Node[];
}

export type Node = Leaf | Branch;

export function leaf<const A extends Args = Record<never, never>, const F extends Flags = Record<never, never>>(
  definition: LeafDefinition<A, F>,
): Leaf {
  return {
    ...definition,
    args: definition.args ?? {},
    flags: definition.flags ?? {},
    run: (context, input) => definition.run(context, input as { args: ArgValues<A>; flags: FlagValues<F> }),
  };
}

export function branch(definition: Branch): Branch {
  return definition;
}

export function isBranch(node: Node): node is Branch {
  return 'children' in node;
}

/** Only what was given: an absent flag must not become a field. */
export function given<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
