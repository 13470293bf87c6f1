/** A nested form as Stripe takes it: `a[b]=1&list[0][c]=2`. Every leaf is a text. */
export interface FormTree {
  readonly [key: string]: string | FormTree | undefined;
}

/** Decodes `application/x-www-form-urlencoded` with brackets. */
export function readForm(text: string): FormTree {
  const tree: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) put(tree, pathOf(name), value);
  return tree as FormTree;
}

/** The items of `list[0]`, `list[1]`, in their order. */
export function itemsOf(tree: FormTree | string | undefined): (FormTree | string)[] {
  if (tree === undefined || typeof tree === 'string') return [];
  const places = Object.keys(tree).sort((one, other) => Number(one) - Number(other));
  return places.map((place) => tree[place]).filter((item) => item !== undefined);
}

export function branchOf(tree: FormTree, key: string): FormTree {
  const branch = tree[key];
  return typeof branch === 'object' ? branch : {};
}

export function textAt(tree: FormTree, key: string): string | undefined {
  const leaf = tree[key];
  return typeof leaf === 'string' ? leaf : undefined;
}

/** Every leaf with its path, lists as `[]`: `line_items[][price_data][currency]`. */
export function leafPaths(tree: FormTree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const place = /^\d+$/.test(key) && prefix !== '' ? '[]' : prefix === '' ? key : `[${key}]`;
    const path = `${prefix}${place}`;
    return typeof value === 'object' ? leafPaths(value, path) : [path];
  });
}

function pathOf(name: string): string[] {
  const [head = ''] = name.split('[');
  const inner = [...name.matchAll(/\[([^\]]*)\]/g)].map(([, key = '']) => key);
  return [head, ...inner];
}

function put(tree: Record<string, unknown>, path: readonly string[], value: string): void {
  let branch = tree;
  for (const key of path.slice(0, -1)) {
    const next = branch[key];
    const grown = typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : {};
    branch[key] = grown;
    branch = grown;
  }
  const leaf = path.at(-1) ?? '';
  branch[leaf === '' ? String(Object.keys(branch).length) : leaf] = value;
}
