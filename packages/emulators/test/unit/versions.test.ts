import { describe, expect, test } from '@jest/globals';
import {
  asksForUpdate,
  challenges,
  keepsMuxAlive,
  multiplexes,
  refusesLoopback,
  separatesOutput,
} from '../../src/ssm/agent/versions.js';

const today = '3.3.4851.0';

describe('what depends on versions', () => {
  test.each([
    [today, '1.1.70', true],
    [today, '1.1.69.0', false],
    [today, '0.0.1', false],
    ['3.0.196.0', '1.2.896.0', false],
    ['3.0.222.0', '1.2.896.0', true],
  ])('agent %s and client %s multiplex: %s', (agent, client, expected) => {
    expect(multiplexes(agent, client)).toBe(expected);
  });

  test.each([
    [today, '1.2.331.0', true],
    [today, '1.2.331.1', false],
    ['3.1.1511.0', '1.2.896.0', true],
    ['3.1.1512.0', '1.2.896.0', false],
  ])('agent %s and client %s keep smux alive: %s', (agent, client, expected) => {
    expect(keepsMuxAlive(agent, client)).toBe(expected);
  });

  test.each([
    [separatesOutput, '3.1.1511.0', '3.1.1512.0'],
    [challenges, '3.3.807.0', '3.3.808.0'],
    [refusesLoopback, '3.3.4850.0', '3.3.4851.0'],
  ])('%p is new between %s and %s', (rule, before, since) => {
    expect([rule(before), rule(since)]).toEqual([false, true]);
  });

  test('clients up to 1.2.295.0 are asked to update', () => {
    expect([asksForUpdate('1.2.295.0'), asksForUpdate('1.2.312.0')]).toEqual([true, false]);
  });
});
