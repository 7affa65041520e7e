import { expect, test } from '@jest/globals';
import { RoundTrips } from '../../src/channel/rtt.js';
import { golden } from '../support/golden.js';

test('the golden series, to the nanosecond', () => {
  const roundTrips = new RoundTrips();
  const { initial, series } = golden.rto;
  const states = [initial, ...series.map(([, rttNs, rttvarNs, rtoNs]) => ({ rttNs, rttvarNs, rtoNs }))];
  for (const [index, state] of states.entries()) {
    if (index > 0) roundTrips.sample(series[index - 1]![0] / 1e6);
    const { rttMs, variationMs, timeoutMs } = roundTrips.estimate;
    expect(Math.abs(rttMs * 1e6 - state.rttNs)).toBeLessThanOrEqual(1);
    expect(Math.abs(variationMs * 1e6 - state.rttvarNs)).toBeLessThanOrEqual(1);
    expect(Math.abs(timeoutMs * 1e6 - state.rtoNs)).toBeLessThanOrEqual(1);
  }
});

test('resends wait between 200 ms and 1 s, longer from one to the next', () => {
  const roundTrips = new RoundTrips();
  expect([0, 1, 2, 3, 50].map((attempt) => roundTrips.resendAfterMs(attempt))).toEqual([200, 400, 800, 1000, 1000]);
  for (let sample = 0; sample < 50; sample += 1) roundTrips.sample(1);
  expect(roundTrips.resendAfterMs(0)).toBe(200);
  for (let sample = 0; sample < 50; sample += 1) roundTrips.sample(900);
  expect(roundTrips.resendAfterMs(0)).toBeGreaterThan(900);
  expect(roundTrips.resendAfterMs(1)).toBe(1000);
});

test('where answers take longer than 1 s, resends wait for them, up to 10 s', () => {
  const roundTrips = new RoundTrips();
  for (let sample = 0; sample < 200; sample += 1) roundTrips.sample(3000);
  expect(Math.round(roundTrips.resendAfterMs(0))).toBe(4500);
  for (let sample = 0; sample < 200; sample += 1) roundTrips.sample(60_000);
  expect(roundTrips.resendAfterMs(3)).toBe(10_000);
});

test('knows the smoothed and the shortest round trip once it has samples', () => {
  const roundTrips = new RoundTrips();
  expect([roundTrips.smoothedMs, roundTrips.shortestMs]).toEqual([undefined, 0]);
  roundTrips.sample(140);
  roundTrips.sample(20);
  roundTrips.sample(140);
  expect(roundTrips.shortestMs).toBe(20);
  expect(roundTrips.smoothedMs).toBeGreaterThan(90);
  roundTrips.changePath();
  expect(roundTrips.shortestMs).toBe(0);
  expect(roundTrips.smoothedMs).toBeGreaterThan(90);
});
