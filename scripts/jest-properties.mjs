// Properties are tried with the same values in every run, so that what fails fails again; HAWSER_SEED gives others, and a
// soak takes new ones each time. HAWSER_PROPERTY_RUNS says how many are tried where a test does not say it: what asks a
// property hundreds of times wants to know whether it fails, not the smallest value that it fails with.
import fc from 'fast-check';

const { HAWSER_PROPERTY_RUNS: runs, HAWSER_SEED: seed = '1', HAWSER_SOAK: soak = '0' } = process.env;

fc.configureGlobal({
  ...(Number(soak) > 0 ? {} : { seed: Number(seed) }),
  ...(runs === undefined ? {} : { numRuns: Number(runs), endOnFailure: true }),
});
