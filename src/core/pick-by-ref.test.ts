import { expect, test } from 'vitest';
import { pickByRef } from './pick-by-ref.ts';

const rows = [
  { id: 'usr_01aaaa', name: 'alice' },
  { id: 'usr_01aabb', name: 'bob' },
  { id: 'usr_02cccc', name: 'usr_01aaaa' },
  { id: 'usr_02dddd', name: 'twin' },
  { id: 'usr_02eeee', name: 'twin' },
];

test.each([
  ['usr_01aabb', 'usr_01aabb'],
  ['bob', 'usr_01aabb'],
  ['usr_01aaaa', 'usr_01aaaa'],
  ['usr_01aab', 'usr_01aabb'],
])('%s means %s', (ref, id) => {
  expect(pickByRef('user', ref, rows).id).toBe(id);
});

test('a name that several have, and a prefix that several have, are refused with the ids', () => {
  expect(() => pickByRef('user', 'twin', rows)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  expect(() => pickByRef('user', 'usr_01aa', rows)).toThrow(/more than one user/);
});

test('several names of one thing are no conflict', () => {
  const names = [
    { id: 'mdl_1', name: 'gpt' },
    { id: 'mdl_1', name: 'gpt' },
  ];
  expect(pickByRef('model', 'gpt', names).id).toBe('mdl_1');
});

test('what is not there is not found, with a suggestion', () => {
  expect(() => pickByRef('user', 'alcie', rows)).toThrow(
    expect.objectContaining({ code: 'not_found', facts: expect.objectContaining({ hint: 'did you mean "alice"?' }) }),
  );
  // Too short to be meant as a prefix.
  expect(() => pickByRef('user', 'usr_01', rows)).toThrow(expect.objectContaining({ code: 'not_found' }));
});
