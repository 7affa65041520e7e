import type { Headless } from './headless.js';

export function writeSnapshot(terminal: Headless): Uint8Array {
  return Buffer.from(String(terminal.cols));
}
