/** What a verb may be told about a T: a field that is absent or undefined stays as it is. */
export type Patch<T> = { readonly [Key in keyof T]?: T[Key] | undefined };
