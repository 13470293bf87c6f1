import type { AnswerEvent, BlockContent, Json, Seal } from '../form/index.ts';
import { callBlock, citation, isRedacted, type NameOf, sealBeside, signatureOf, thinkingBlock } from './blocks.ts';

type BlockEvent = Extract<AnswerEvent, { readonly block: number }>;

/**
 * Writes one block of a stream. It begins with the first thing said in it, for a seal that comes before decides what
 * block it is; one that says nothing is not written, but for a call.
 */
export class BlockWriter {
  /** Of the block that comes behind. */
  nextIndex: number;
  readonly #content: BlockContent;
  readonly #nameOf: NameOf;
  #isOpen = false;
  #seal: Seal | null = null;

  constructor(content: BlockContent, index: number, nameOf: NameOf) {
    this.#content = content;
    this.nextIndex = index;
    this.#nameOf = nameOf;
  }

  write(event: BlockEvent): readonly Json[] {
    switch (event.type) {
      case 'block-start':
        return [];
      case 'delta':
        return event.text === '' ? [] : [...this.#begin(), this.#delta(deltaOf(this.#content, event.text))];
      case 'seal':
        this.#seal = event.seal;
        return [];
      case 'citation':
        if (this.#content.kind !== 'text') return [];
        return [...this.#begin(), this.#delta({ type: 'citations_delta', citation: citation(event.url, event.title) })];
      case 'block-end':
        return this.#end();
    }
  }

  #begin(): readonly Json[] {
    if (this.#isOpen) return [];
    this.#isOpen = true;
    const before = this.#content.kind === 'tool-call' && this.#seal ? this.#whole(sealBeside(this.#seal, 'next')) : [];
    if (before.length > 0) this.#seal = null;
    const start = { type: 'content_block_start', index: this.nextIndex++, content_block: this.#frame() };
    const { kind } = this.#content;
    const isWrapped = kind === 'tool-call' && this.#content.isCustom;
    return [...before, start, ...(isWrapped ? [this.#delta(inputDelta('{"input":"'))] : [])];
  }

  #frame(): Json {
    const content = this.#content;
    if (content.kind === 'tool-call') return { ...callBlock(content, this.#nameOf, ''), input: {} };
    return content.kind === 'reasoning' ? thinkingBlock('', null) : { type: 'text', text: '' };
  }

  #end(): readonly Json[] {
    const { kind } = this.#content;
    if (kind === 'reasoning') return this.#endThinking();
    if (kind !== 'tool-call' && !this.#isOpen) return this.#seal ? this.#whole(sealBeside(this.#seal, 'own')) : [];
    const begun = this.#begin();
    const isWrapped = kind === 'tool-call' && this.#content.isCustom;
    return [
      ...begun,
      ...(isWrapped ? [this.#delta(inputDelta('"}'))] : []),
      this.#stop(),
      ...(this.#seal ? this.#whole(sealBeside(this.#seal, 'previous')) : []),
    ];
  }

  #endThinking(): readonly Json[] {
    const seal = this.#seal;
    if (!this.#isOpen && isRedacted(seal)) return this.#whole(thinkingBlock('', seal));
    if (!this.#isOpen && seal === null) return [];
    const begun = this.#begin();
    const signature = seal ? [this.#delta({ type: 'signature_delta', signature: signatureOf(seal) })] : [];
    return [...begun, ...signature, this.#stop()];
  }

  #whole(content_block: Json): readonly Json[] {
    const index = this.nextIndex++;
    return [
      { type: 'content_block_start', index, content_block },
      { type: 'content_block_stop', index },
    ];
  }

  #delta(delta: Json): Json {
    return { type: 'content_block_delta', index: this.nextIndex - 1, delta };
  }

  #stop(): Json {
    return { type: 'content_block_stop', index: this.nextIndex - 1 };
  }
}

function deltaOf(content: BlockContent, text: string): Json {
  if (content.kind === 'reasoning') return { type: 'thinking_delta', thinking: text };
  if (content.kind !== 'tool-call') return { type: 'text_delta', text };
  // A custom tool's input is one string in an object; halves of a surrogate pair are escaped and meet again.
  return inputDelta(content.isCustom ? JSON.stringify(text).slice(1, -1) : text);
}

function inputDelta(partial_json: string): Json {
  return { type: 'input_json_delta', partial_json };
}
