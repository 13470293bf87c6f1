import type { Dialect } from '../dialects/index.ts';
import { foldStream, type Translation, translateJson, translateStream } from './translated-answer.ts';

/** The client's dialect for one call whose answer comes in another wire. */
export function translatedDialect(dialect: Dialect, translation: Translation): Dialect {
  let read: ReturnType<typeof translateJson> = null;
  return {
    ...dialect,
    readJson: (body) => {
      read = translateJson(translation, body);
      return read?.facts ?? null;
    },
    rewriteJson: () => read?.body() ?? Buffer.alloc(0),
    openStream: () => translateStream(translation),
    openFold: () => foldStream(translation),
    injectsStreamUsage: false,
  };
}
