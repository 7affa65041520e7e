import { randomInt } from 'node:crypto';

/**
 * Addresses of the loopback network, one for each pod, so that all can listen on the same port (Linux answers to all of
 * 127.0.0.0/8). They begin at a place of chance, since several emulators may run on one machine.
 */
export function createAddresses(): () => string {
  let next = (randomInt(16, 240) << 16) | (randomInt(1, 250) << 8);
  return () => {
    next += 1;
    if ((next & 0xff) === 0xff) next += 2;
    if (next > 0xfa_ff_ff) next = (16 << 16) | 1;
    return `127.${next >> 16}.${(next >> 8) & 0xff}.${next & 0xff}`;
  };
}
