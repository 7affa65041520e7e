import { hostname } from 'node:os';
import type { ExecutionSource } from '@hawser/exec-client/contract';

/** What is told of us to the backend, and stands in the receipt. */
export function sourceHere(version: string): ExecutionSource {
  return { cli: `hawser/${version}`, host: hostname() };
}
