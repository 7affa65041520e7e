import type { ExecutionRequest } from '@hawser/exec-client/contract';
import { timeoutOf } from './execution.js';
import type { Execution } from './execution.js';

/**
 * What Fargate costs in us-east-1, in US dollars for an hour: the public price list of AWS Fargate as it stood in
 * November 2026. A public IPv4 address is billed beside it, as by Amazon VPC's price list.
 */
export const fargatePrices = {
  X86_64: { vcpu: 0.04048, gigabyte: 0.004445 },
  ARM64: { vcpu: 0.03238, gigabyte: 0.00356 },
  /** For each gigabyte above the 20 that are free. */
  diskGigabyte: 0.000111,
  publicAddress: 0.005,
} as const;

type Size = Pick<ExecutionRequest, 'cpu' | 'memory' | 'disk' | 'platform'>;

/** Dollars for so many seconds of one task; Fargate bills by the second, and a minute at least. */
export function fargateCost(size: Size, seconds: number): number {
  const { vcpu, gigabyte } = fargatePrices[size.platform === 'ARM64' ? 'ARM64' : 'X86_64'];
  const hours = Math.max(60, seconds) / 3600;
  const hourly =
    ((size.cpu ?? 256) / 1024) * vcpu +
    ((size.memory ?? 512) / 1024) * gigabyte +
    Math.max(0, (size.disk ?? 20) - 20) * fargatePrices.diskGigabyte +
    fargatePrices.publicAddress;
  return Math.ceil(hours * hourly * 1e6) / 1e6;
}

/** What an execution costs at most: its whole time limit. Nothing but on AWS. */
export function estimateOf(request: ExecutionRequest, kind: Execution['backend']['kind']): number | undefined {
  return kind === 'aws' ? fargateCost(request, timeoutOf(request)) : undefined;
}

/** What an ended execution cost: from the making of its task to its end. */
export function costOf({ backend, request, times }: Execution): { readonly costUsd?: number } {
  if (backend.kind !== 'aws' || times.provisioned_at === undefined || times.finished_at === undefined) return {};
  const seconds = (Date.parse(times.finished_at) - Date.parse(times.provisioned_at)) / 1000;
  return { costUsd: fargateCost(request, Math.max(0, seconds)) };
}
