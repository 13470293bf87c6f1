import { type Answer, errorBody, jsonAnswer } from './answer.ts';
import type { RecordedRequest } from './recorded-request.ts';

export type ResponseObject = Readonly<Record<string, unknown>> & { readonly id: string; readonly status: string };

interface Entry {
  response: ResponseObject;
  /** What a queued response becomes when it is asked for the next time. */
  readonly final: ResponseObject;
  readonly inputItems: readonly unknown[];
}

/** Responses with store:true; each is visible only to the credential that made it. */
export class StoredResponses {
  readonly #entries = new Map<string, Entry>();

  keep(request: RecordedRequest, final: ResponseObject, isBackground: boolean): void {
    const response = isBackground ? { ...final, status: 'queued', output: [], usage: null } : final;
    this.#entries.set(entryKey(request.key, final.id), { response, final, inputItems: itemsOf(request.json['input']) });
  }

  find(key: string | undefined, id: string): Entry | undefined {
    return this.#entries.get(entryKey(key, id));
  }

  /** GET and DELETE /responses/:id, POST /responses/:id/cancel, GET /responses/:id/input_items. */
  answer({ method, key }: RecordedRequest, id: string, verb: string | undefined): Answer {
    const entry = this.find(key, id);
    if (!entry) return jsonAnswer(404, errorBody({ message: `Response with id '${id}' not found.` }));
    const route = verb === undefined ? method : `${method} ${verb}`;
    switch (route) {
      case 'GET':
        return this.#read(entry);
      case 'DELETE':
        this.#entries.delete(entryKey(key, id));
        return jsonAnswer(200, { id, object: 'response', deleted: true });
      case 'POST cancel':
        return cancel(entry);
      case 'GET input_items':
        return inputItems(entry);
      default:
        return jsonAnswer(405, errorBody({ message: `${route} is not possible here` }));
    }
  }

  /** The first look shows what is queued, the second what became of it. */
  #read(entry: Entry): Answer {
    const shown = entry.response;
    if (shown.status === 'queued') entry.response = entry.final;
    return jsonAnswer(200, shown);
  }
}

function entryKey(key: string | undefined, id: string): string {
  return `${key ?? ''}\n${id}`;
}

function cancel(entry: Entry): Answer {
  if (entry.final.background !== true) {
    return jsonAnswer(400, errorBody({ message: 'Only background responses can be cancelled.' }));
  }
  if (entry.response.status === 'queued') entry.response = { ...entry.response, status: 'cancelled' };
  return jsonAnswer(200, entry.response);
}

function inputItems({ inputItems: data }: Entry): Answer {
  const [first, last] = [data.at(0), data.at(-1)].map((item) => (item as { id?: string } | undefined)?.id ?? null);
  return jsonAnswer(200, { object: 'list', data, first_id: first, last_id: last, has_more: false });
}

function itemsOf(input: unknown): unknown[] {
  const list: readonly unknown[] = Array.isArray(input) ? input : [{ type: 'message', role: 'user', content: input }];
  return list.map((item, index) => ({ id: `item_${index}`, ...(item as object) }));
}
