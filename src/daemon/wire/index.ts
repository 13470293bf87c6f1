// Pure byte tools for the relay: find and change fields of a JSON body, cut and watch event streams, read request bodies.
// Knows nothing of models, keys or dialects.
export { FieldTable } from './field-table.ts';
export type { Member, ScannedObject } from './json-scan.ts';
export { scanObject } from './json-scan.ts';
export type { Edit } from './json-splice.ts';
export { spliceToBuffer, spliceToPieces } from './json-splice.ts';
export { readJson, readNumber, readString } from './json-value.ts';
export { bodyCutOff, collectBody, readBody, takeWhole } from './read-body.ts';
export { encodeEvent, SseEvent } from './sse-event.ts';
export { SseSplitter } from './sse-splitter.ts';
export type { HeadVerdict } from './sse-tail.ts';
export { SseTail } from './sse-tail.ts';
