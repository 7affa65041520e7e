// Properties are tried with the same values in every run, so that what fails fails again; HAWSER_SEED gives others, and a
// soak takes new ones each time.
import fc from 'fast-check';

if (!(Number(process.env.HAWSER_SOAK ?? 0) > 0)) fc.configureGlobal({ seed: Number(process.env.HAWSER_SEED ?? 1) });
