import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { describeError, Failure } from '../failure.ts';

const FILE_MAX_BYTES = 1_048_576;

/** One `key: value` of the file, its sections joined with dots. */
export interface FileEntry {
  readonly key: string;
  readonly value: unknown;
  /** `config.yaml:12` */
  readonly place: string;
}

/**
 * Reads a YAML file of nested sections into flat entries, in order. What the keys mean is not known here: `isSection`
 * says which sections stand within another one.
 * @throws Failure config_invalid when the file cannot be read or is not YAML.
 */
export async function readConfigFile(path: string, isSection: (key: string) => boolean): Promise<FileEntry[]> {
  const text = await readText(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (offset: number): string => `${basename(path)}:${lines.linePos(offset).line}`;
  const [error] = document.errors;
  if (error) throw new Failure('config_invalid', `${placeOf(error.pos[0])}: ${error.message}`, error);
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return [];
  if (!isMap(root)) throw new Failure('config_invalid', `${basename(path)}: the file must be made of sections`);
  return flatten({ document, placeOf, isSection }, root, '');
}

interface Reading {
  readonly document: Document;
  readonly placeOf: (offset: number) => string;
  readonly isSection: (key: string) => boolean;
}

/** Nothing is opened that is no section: one may even hold itself by an alias. */
function flatten(reading: Reading, section: YAMLMap, prefix: string): FileEntry[] {
  const { document, placeOf, isSection } = reading;
  return section.items.flatMap((pair) => {
    const keyNode = pair.key as Node;
    const key = prefix + String(isScalar(keyNode) ? keyNode.value : keyNode);
    const node = resolve(document, pair.value as Node | null);
    if (isMap(node) && (prefix === '' || isSection(key))) return flatten(reading, node, `${key}.`);
    return [{ key, value: plainValue(document, node), place: placeOf(keyNode.range?.[0] ?? 0) }];
  });
}

function plainValue(document: Document, node: Node | null | undefined): unknown {
  if (node === null || node === undefined) return null;
  return isMap(node) ? {} : node.toJS(document);
}

function resolve(document: Document, node: Node | null): Node | null | undefined {
  return isAlias(node) ? node.resolve(document) : node;
}

async function readText(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure('config_invalid', `the config file ${path} cannot be read: ${describeError(error)}`, error);
  }
  if (text.length > FILE_MAX_BYTES) throw new Failure('config_invalid', `the config file ${path} is over 1 MiB`);
  return text;
}
