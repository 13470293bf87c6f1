import type { z } from 'zod';
import { Failure } from '../../core/failure.ts';
import { nearest } from '../../core/nearest.ts';
import { readBody } from '../wire/index.ts';
import type { AccountInput } from './account-route.ts';

/** A body of an account call has a handful of short fields. */
const FIELDS_MAX_BYTES = 64 * 1024;

/**
 * The fields of a JSON body, whatever content type it claims; no body is no fields.
 * @throws Failure too_large, invalid_input with every fault and its place.
 */
export async function readFields<Schema extends z.ZodObject>(
  input: AccountInput,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { headers } = input.req;
  const length = Number(headers['content-length']);
  const bytes = await readBody(input.req, {
    contentEncoding: headers['content-encoding'],
    contentLength: Number.isSafeInteger(length) ? length : undefined,
    encodedMaxBytes: FIELDS_MAX_BYTES,
    decodedMaxBytes: FIELDS_MAX_BYTES,
  });
  return checkFields(bytes.length === 0 ? {} : parseJson(bytes), schema);
}

/** The body as it came, for signatures: no content coding is undone. @throws Failure too_large */
export async function readRaw(input: AccountInput, maxBytes: number): Promise<Buffer> {
  const length = Number(input.req.headers['content-length']);
  return await readBody(input.req, {
    contentEncoding: undefined,
    contentLength: Number.isSafeInteger(length) ? length : undefined,
    encodedMaxBytes: maxBytes,
    decodedMaxBytes: maxBytes,
  });
}

/** The fields of the query. @throws Failure invalid_input */
export function readQuery<Schema extends z.ZodObject>(input: AccountInput, schema: Schema): z.output<Schema> {
  return checkFields(Object.fromEntries(new URLSearchParams(input.query)), schema);
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Failure('invalid_input', {
      message: 'the body is not valid JSON',
      param: 'body',
      hint: 'send an object such as {"amount":"20.00","currency":"USD"}',
    });
  }
}

function checkFields<Schema extends z.ZodObject>(value: unknown, schema: Schema): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => describe(issue, Object.keys(schema.shape)));
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  throw new Failure('invalid_input', {
    message: `${first?.path}: ${first?.message}${more}`,
    param: first?.path ?? 'body',
    issues,
  });
}

function describe(issue: z.core.$ZodIssue, known: readonly string[]): { path: string; message: string }[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: issue.path.map(String).join('.') || 'body', message: issue.message }];
  }
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    return {
      path: key.slice(0, 200),
      message: near === undefined ? 'there is no such field' : `there is no such field; did you mean "${near}"?`,
    };
  });
}
