import { expect, test } from '@jest/globals';
import { isOver, mayFollow, sessionEdges, sessionStates } from '../../src/protocol/index.js';

test('a session only goes forwards, and from everywhere to its end', () => {
  for (const [at, from] of sessionStates.entries()) {
    for (const to of sessionEdges[from]) expect(sessionStates.indexOf(to)).toBeGreaterThan(at);
    expect(mayFollow(from, from)).toBe(false);
    expect(mayFollow(from, 'exited')).toBe(!isOver(from));
  }
  expect(sessionEdges.expired).toEqual([]);
});

test('nobody but a runner that was started comes to run a command', () => {
  expect(mayFollow('requested', 'running')).toBe(false);
  expect(mayFollow('queued', 'running')).toBe(false);
  expect(mayFollow('exited', 'running')).toBe(false);
  expect(['starting', 'fetching', 'installing'].every((from) => mayFollow(from as 'starting', 'running'))).toBe(true);
});
