import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startKeepalive } from '../../src/transport/keepalive.js';

describe('keep-alive', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('gives a silent peer up two to three periods after its last sign of life', () => {
    for (const heardAtMs of [0, 1, 499, 500, 999]) {
      const dead = jest.fn();
      const keepalive = startKeepalive(1_000, () => {}, dead);
      jest.advanceTimersByTime(heardAtMs);
      keepalive.heard();
      jest.advanceTimersByTime(1_999);
      expect(dead).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1_001);
      expect(dead).toHaveBeenCalledTimes(1);
      keepalive.stop();
    }
  });

  test('pings at once and every period, and never gives up a peer that answers', () => {
    const dead = jest.fn();
    const ping = jest.fn();
    const keepalive = startKeepalive(1_000, ping, dead);
    for (let period = 0; period < 100; period++) {
      keepalive.heard();
      jest.advanceTimersByTime(1_000);
    }
    expect(ping).toHaveBeenCalledTimes(101);
    expect(dead).not.toHaveBeenCalled();
    keepalive.stop();
  });

  test('silence proves nothing while we read nothing ourselves', () => {
    const dead = jest.fn();
    const keepalive = startKeepalive(1_000, () => {}, dead);
    keepalive.suspend();
    jest.advanceTimersByTime(60_000);
    keepalive.resume();
    jest.advanceTimersByTime(1_999);
    expect(dead).not.toHaveBeenCalled();
    keepalive.stop();
  });
});
