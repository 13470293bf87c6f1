import { chatUnderTest } from '../chat/testing/chat-under-test.ts';
import { geminiUnderTest } from '../gemini/testing/gemini-under-test.ts';
import { messagesUnderTest } from '../messages/testing/messages-under-test.ts';
import { responsesUnderTest } from '../responses/testing/responses-under-test.ts';
import type { WireUnderTest } from './wire-under-test.ts';

/** Every wire, one line each. */
export const WIRES_UNDER_TEST: readonly WireUnderTest[] = [
  chatUnderTest,
  responsesUnderTest,
  messagesUnderTest,
  geminiUnderTest,
];
