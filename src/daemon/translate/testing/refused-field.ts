import { type Asked, type Prompt, type Translator, Untranslatable } from '../form/index.ts';

/** The field for which a request is refused; null when it is not. */
export function refusedField(translator: Translator, body: unknown): string | null {
  return fieldOf(() => translator.readRequest(body, { model: 'm', stream: false }));
}

/** The field for which an upstream cannot be asked. */
export function unaskableField(translator: Translator, prompt: Prompt, asked: Asked): string | null {
  return fieldOf(() => translator.writeRequest(prompt, asked));
}

function fieldOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof Untranslatable) return error.field;
    throw error;
  }
}
