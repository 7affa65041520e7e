import { expect, test } from '@jest/globals';
import { closeCodes, exitReasons, isOver, mayFollow, sessionEdges, sessionStates } from '../../src/protocol/index.js';

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

test('every step is written down, and each state and reason is there once', () => {
  expect(sessionEdges).toEqual({
    requested: ['queued', 'starting', 'exited'],
    queued: ['starting', 'exited'],
    starting: ['fetching', 'installing', 'running', 'draining', 'exited'],
    fetching: ['installing', 'running', 'draining', 'exited'],
    installing: ['running', 'draining', 'exited'],
    running: ['draining', 'exited'],
    draining: ['exited'],
    exited: ['archived', 'expired'],
    archived: ['expired'],
    expired: [],
  });
  expect(Object.keys(sessionEdges)).toEqual(sessionStates);
  expect(new Set(exitReasons).size).toBe(13);
});

test('a close has the code that other programs know it by', () => {
  expect(closeCodes).toEqual({
    ended: 1000,
    goingAway: 1001,
    policy: 1008,
    takenOver: 4001,
    revoked: 4003,
    tooSlow: 4008,
    unknownSession: 4040,
    archiveOnly: 4100,
  });
});
