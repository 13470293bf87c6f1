import type { WebSocket } from 'ws';
import type { AnswerWriter, Arrival, ArrivedHead } from '../transport/index.ts';
import { Conversation } from './conversation.ts';
import { type FinishedTurn, SocketAnswer } from './socket-answer.ts';
import { readTurn, type TurnMessage } from './turn-request.ts';

export interface TurnSocketOptions {
  readonly frameMaxBytes: number;
  readonly eventMaxBytes: number;
  /** A connection on which nothing happens is closed after this long. */
  readonly idleMs: number;
  now(): number;
  /** A part of an id that nobody guesses. */
  newId(): string;
  /** Relays one turn as if it had come by POST. */
  serve(arrival: Arrival, answer: AnswerWriter): void;
}

/** Answers of one connection that can still be gone on from. */
const ANSWERS_MAX = 64;
/** Turns that wait while one runs; clients of this protocol send one at a time. */
const WAITING_MAX = 8;
/** Close codes of RFC 6455, 7.4.1. */
const GOING_AWAY = 1001;
const POLICY = 1008;

/** One connection of the Responses WebSocket protocol: turns come one after the other, each answered by its events. */
export class TurnSocket {
  readonly #socket: WebSocket;
  readonly #head: ArrivedHead;
  readonly #peer: string;
  readonly #options: TurnSocketOptions;
  readonly #conversation: Conversation;
  readonly #waiting: Buffer[] = [];
  #running: SocketAnswer | null = null;
  #isLeaving = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, head: ArrivedHead, peer: string, options: TurnSocketOptions) {
    this.#socket = socket;
    this.#head = head;
    this.#peer = peer;
    this.#options = options;
    this.#conversation = new Conversation(ANSWERS_MAX, options.frameMaxBytes);
    socket.on('message', (data, isBinary) => this.#take(data as Buffer, isBinary));
    socket.on('close', () => this.#left());
    // What breaks a connection also closes it; there is nothing to add.
    socket.on('error', () => {});
    this.#rest();
  }

  /** Closes at once, or when the turn that runs is answered. */
  leave(): void {
    this.#isLeaving = true;
    if (!this.#running) this.#socket.close(GOING_AWAY, 'the relay stops');
  }

  cut(): void {
    this.#socket.terminate();
  }

  #take(frame: Buffer, isBinary: boolean): void {
    if (isBinary) return this.#socket.close(POLICY, 'text frames only');
    if (this.#waiting.length >= WAITING_MAX) return this.#socket.close(POLICY, 'too many turns at once');
    this.#waiting.push(frame);
    if (!this.#running) this.#next();
  }

  #next(): void {
    clearTimeout(this.#idle);
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      const message = readTurn(frame, this.#conversation);
      if (message.kind === 'turn') return this.#run(message);
      if (message.kind === 'refused') this.#refuse(message);
      else this.#warmUp(message);
    }
    this.#rest();
  }

  #run({ body, before, input }: Extract<TurnMessage, { kind: 'turn' }>): void {
    const answer = new SocketAnswer(this.#socket, this.#options.eventMaxBytes, (turn) => {
      this.#running = null;
      if (turn) this.#keep(turn, before, input);
      if (this.#isLeaving) this.#socket.close(GOING_AWAY, 'the relay stops');
      else this.#next();
    });
    this.#running = answer;
    const arrival: Arrival = {
      head: this.#head,
      peer: this.#peer,
      contentLength: body.length,
      takeBody: () => body,
    };
    this.#options.serve(arrival, answer);
  }

  #keep({ responseId, output }: FinishedTurn, before: Parameters<Conversation['remember']>[1], input: Buffer): void {
    this.#conversation.remember(responseId, before, input, output);
  }

  /** Nothing is asked of anybody: the client gets an id to go on from. */
  #warmUp({ before, input, model }: Extract<TurnMessage, { kind: 'warm-up' }>): void {
    const id = `resp_${this.#options.newId()}`;
    this.#conversation.remember(id, before, input, []);
    const response = {
      id,
      object: 'response',
      created_at: Math.floor(this.#options.now() / 1000),
      model,
      output: [],
      usage: null,
      error: null,
      incomplete_details: null,
    };
    this.#say({ type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress' } });
    this.#say({ type: 'response.completed', sequence_number: 1, response: { ...response, status: 'completed' } });
  }

  #refuse({ code, message, param }: Extract<TurnMessage, { kind: 'refused' }>): void {
    this.#say({
      type: 'error',
      status: 400,
      error: { type: 'invalid_request_error', code, message, param },
      headers: {},
    });
  }

  #say(event: object): void {
    this.#socket.send(JSON.stringify(event));
  }

  #left(): void {
    clearTimeout(this.#idle);
    this.#waiting.length = 0;
    this.#running?.left();
  }

  #rest(): void {
    this.#idle = setTimeout(
      () => this.#socket.close(GOING_AWAY, 'nothing was asked for a while'),
      this.#options.idleMs,
    );
    this.#idle.unref();
  }
}
