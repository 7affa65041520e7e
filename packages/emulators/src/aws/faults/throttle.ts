import type { AwsFaults } from '../types.js';

/** A rate, and the operations that share it. */
interface Rate {
  readonly operations: readonly string[];
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * AWS's own figures, per account and Region.
 *
 * @see Amazon ECS API Reference "Request throttling for the Amazon ECS API"; CloudWatch Logs quotas; AWS Lambda quotas
 */
const standard: readonly Rate[] = [
  { operations: ['ecs:RegisterTaskDefinition', 'ecs:DeregisterTaskDefinition'], perSecond: 1, burst: 20 },
  { operations: ['ecs:DeleteTaskDefinitions'], perSecond: 1, burst: 5 },
  { operations: ['ecs:DescribeTaskDefinition', 'ecs:ListTaskDefinitions'], perSecond: 20, burst: 50 },
  { operations: ['ecs:RunTask'], perSecond: 20, burst: 20 },
  { operations: ['ecs:StopTask', 'ecs:ExecuteCommand'], perSecond: 40, burst: 100 },
  { operations: ['ecs:DescribeTasks', 'ecs:ListTasks'], perSecond: 20, burst: 100 },
  { operations: ['ecs:TagResource', 'ecs:UntagResource', 'ecs:ListTagsForResource'], perSecond: 10, burst: 20 },
  { operations: ['logs:GetLogEvents'], perSecond: 10, burst: 10 },
  { operations: ['logs:FilterLogEvents'], perSecond: 5, burst: 5 },
  { operations: ['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration'], perSecond: 15, burst: 15 },
  { operations: ['ssm:PutParameter'], perSecond: 3, burst: 10 },
  { operations: ['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath'], perSecond: 40, burst: 40 },
];

/** Token buckets of all throttled operations. */
export interface Throttle {
  /** Takes one token; `false` when there is none. */
  admit(operation: string, nowMs: number): boolean;
  /** The same for a rate of one's own, known by its name. */
  admitAt(name: string, rate: { readonly perSecond: number; readonly burst: number }, nowMs: number): boolean;
}

/** Makes full buckets; `rates` is read at every call, and may change. */
export function createThrottle(rates: () => AwsFaults['throttle']): Throttle {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  let source: AwsFaults['throttle'];
  let table: readonly Rate[] = [];
  const admitAt: Throttle['admitAt'] = (name, rate, nowMs) => {
    const bucket = buckets.get(name) ?? { tokens: rate.burst, atMs: nowMs };
    buckets.set(name, bucket);
    const passed = Math.max(0, nowMs - bucket.atMs) / 1000;
    bucket.tokens = Math.min(rate.burst, bucket.tokens + passed * rate.perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
  return {
    admitAt,
    admit: (operation, nowMs) => {
      const now = rates();
      if (now !== source) {
        source = now;
        table = now === true ? standard : custom(now);
        buckets.clear();
      }
      const rate = table.find((one) => one.operations.some((name) => isCalled(operation, name)));
      return rate === undefined || admitAt(rate.operations.join(' '), rate, nowMs);
    },
  };
}

/** By its whole name, or without its service. */
function isCalled(operation: string, name: string): boolean {
  return operation === name || operation.endsWith(`:${name}`);
}

function custom(rates: AwsFaults['throttle']): readonly Rate[] {
  if (typeof rates !== 'object') return [];
  return Object.entries(rates).map(([operation, rate]) => ({ operations: [operation], ...rate }));
}
