import { fargateSize } from '@hawser/exec-client/contract';
import type { ExecutionRequest } from '@hawser/exec-client/contract';
import type { Limits } from '../ports.js';
import { timeoutOf } from './execution.js';
import type { Execution, TaskSize } from './execution.js';

/**
 * What Fargate costs in us-east-1, in US dollars for an hour: the public price list of AWS Fargate as it stood in
 * November 2026. A public IPv4 address is billed beside it, as by Amazon VPC's price list.
 */
const fargatePrices = {
  X86_64: { vcpu: 0.04048, gigabyte: 0.004445 },
  ARM64: { vcpu: 0.03238, gigabyte: 0.00356 },
  /** For each gigabyte above the 20 that are free. */
  diskGigabyte: 0.000111,
  publicAddress: 0.005,
} as const;

/** What Fargate gives to a task that asks for nothing. */
const smallest: TaskSize = { cpu: 256, memory: 512, disk: 20, platform: 'X86_64' };

/** What the task of a request will have, on a backend whose tasks otherwise have `usual`. */
export function taskSizeOf(request: ExecutionRequest, usual: Limits['taskSize']): TaskSize {
  const asked = request.cpu === undefined && request.memory === undefined ? undefined : fargateSize(request);
  const { platform } = request;
  return {
    ...smallest,
    ...usual,
    ...asked,
    ...(request.disk !== undefined && { disk: request.disk }),
    ...(platform !== undefined && platform !== 'auto' && { platform }),
  };
}

/** Dollars for so many seconds of one task; Fargate bills by the second, and a minute at least. */
export function fargateCost({ cpu, memory, disk, platform }: TaskSize, seconds: number): number {
  const { vcpu, gigabyte } = fargatePrices[platform];
  const hours = Math.max(60, seconds) / 3600;
  const hourly =
    (cpu / 1024) * vcpu +
    (memory / 1024) * gigabyte +
    (disk - smallest.disk) * fargatePrices.diskGigabyte +
    fargatePrices.publicAddress;
  return Math.ceil(hours * hourly * 1e6) / 1e6;
}

/** What an execution costs at most: its whole time limit. Nothing but on AWS. */
export function estimateOf({ backend, request, size }: Execution): number | undefined {
  return backend.kind === 'aws' ? fargateCost(size, timeoutOf(request)) : undefined;
}

/** What an ended execution cost: from the making of its last task to its end. */
export function costOf({ backend, size, times }: Execution): { readonly costUsd?: number } {
  if (backend.kind !== 'aws' || times.provisioned_at === undefined || times.finished_at === undefined) return {};
  const seconds = (Date.parse(times.finished_at) - Date.parse(times.provisioned_at)) / 1000;
  return { costUsd: fargateCost(size, Math.max(0, seconds)) };
}
