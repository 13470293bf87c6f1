import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AnswerEvent, type Prompt, type Translator, Untranslatable } from './form/index.ts';
import { expectOrder, readStream, writeStream } from './testing/replay.ts';
import { BARE_TOLD } from './testing/told.ts';
import { WIRES_UNDER_TEST } from './testing/wires.ts';

/**
 * A conversation is a folder: `<wire>.request.json` as a client of the wire sends it and `<wire>.stream.txt` as a server of
 * the wire answers, both as they are in the world. Each pair of wires has a golden of what comes out of them;
 * UPDATE_GOLDENS=1 rewrites it.
 */
const FOLDER = join(import.meta.dirname, 'goldens');
const conversations = readdirSync(FOLDER);
const pairs = WIRES_UNDER_TEST.flatMap(({ translator: client }) =>
  WIRES_UNDER_TEST.filter(({ translator }) => translator !== client).map(({ translator: upstream }) => ({
    client,
    upstream,
  })),
);

describe.each(conversations)('%s', (conversation) => {
  test.each(pairs)('$client.wire client, $upstream.wire upstream', ({ client, upstream }) => {
    const request = inputOf(conversation, `${client.wire}.request.json`);
    const stream = inputOf(conversation, `${upstream.wire}.stream.txt`);
    if (request === null) return;
    const text = play(client, upstream, JSON.parse(request), stream);
    const golden = join(FOLDER, conversation, `${client.wire}-to-${upstream.wire}.golden.txt`);
    if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(golden, text);
    expect(text).toBe(readFileSync(golden, 'utf8'));
  });
});

describe.each(WIRES_UNDER_TEST)('streams of $translator.wire', ({ translator }) => {
  test('give the same events however they are cut and framed', () => {
    for (const conversation of conversations) {
      const stream = inputOf(conversation, `${translator.wire}.stream.txt`) ?? '';
      const events = readStream(translator.openReader(), [Buffer.from(stream)]);
      const byBytes = [...Buffer.from(stream)].map((byte) => Buffer.from([byte]));
      expect(readStream(translator.openReader(), byBytes)).toEqual(events);
      const framed = `: hello\r\n\r\n${stream.replaceAll('\n', '\r\n').replaceAll('data: ', 'data:')}`;
      expect(readStream(translator.openReader(), [Buffer.from(framed)])).toEqual(events);
    }
  });
});

test('every wire takes part in every conversation', () => {
  const missing = conversations.flatMap((conversation) =>
    WIRES_UNDER_TEST.flatMap(({ translator: { wire } }) =>
      existsSync(join(FOLDER, conversation, `${wire}.request.json`)) ? [] : [`${conversation}/${wire}.request.json`],
    ),
  );
  expect(missing).toEqual([]);
});

function inputOf(conversation: string, name: string): string | null {
  const file = join(FOLDER, conversation, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function play(client: Translator, upstream: Translator, body: unknown, stream: string | null): string {
  const facts = { model: 'model-of-client', stream: false };
  let prompt: Prompt;
  try {
    prompt = client.readRequest(body, facts);
    const asked = { fieldNames: client.fieldNames, from: client.wire };
    const sent = upstream.writeRequest({ ...prompt, model: 'model-of-upstream' }, asked);
    const request = section(`upstream request: POST ${sent.path}`, pretty(sent.body));
    return request + (stream === null ? '' : playAnswer(client, upstream, prompt, stream));
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    const { field, message } = error;
    return section('refused: 400', pretty(client.writeError({ status: 400, code: 'unsupported', message, field })));
  }
}

function playAnswer(client: Translator, upstream: Translator, prompt: Prompt, stream: string): string {
  const told = { ...BARE_TOLD, prompt };
  const events: readonly AnswerEvent[] = readStream(upstream.openReader(prompt), [Buffer.from(stream)]);
  expectOrder(events);
  const written = section('client stream', writeStream(client, events, told));
  return written + section('client answer', pretty(client.writeAnswer(events, told)));
}

function section(title: string, text: string): string {
  return `### ${title}\n${text}\n`;
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
