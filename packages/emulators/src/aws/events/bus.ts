import { randomUUID } from 'node:crypto';
import type { Functions } from '../lambda/functions.js';
import { mayInvoke } from '../lambda/permit.js';
import type { World } from '../world.js';
import { matchesEvent } from './pattern.js';

/** A rule with the functions that it wakes. */
export interface Rule {
  readonly name: string;
  readonly arn: string;
  readonly pattern: unknown;
  readonly schedule: string | undefined;
  readonly description: string | undefined;
  enabled: boolean;
  targets: readonly { readonly Id: string; readonly Arn: string; readonly Input?: string }[];
}

/** The default event bus. */
export interface Bus {
  readonly rules: Map<string, Rule>;
  /** Takes an event in; resolves when the functions that it wakes have answered. */
  put(event: {
    readonly source: string;
    readonly type: string;
    readonly detail: unknown;
    readonly resources: readonly string[];
  }): Promise<void>;
  /** The same, under the faults of task events. */
  putTaskEvent(detail: unknown, taskArn: string): void;
  /** Fires all scheduled rules. */
  fire(): Promise<void>;
  close(): void;
}

/** An event that was held back comes after this long where no other comes before it. */
const heldMs = 50;

/** Makes the bus, without rules; scheduled ones fire every `minuteMs` per minute of their rate, 0: never by themselves. */
export function createBus(world: World, functions: Functions, minuteMs: number): Bus {
  const rules = new Map<string, Rule>();
  const random = world.random.fork('task-events');
  let held: (() => void) | undefined;
  let minutes = 0;

  const wake = async (rule: Rule, event: Readonly<Record<string, unknown>>): Promise<void> => {
    await Promise.all(
      rule.targets.map(async ({ Arn, Input }) => {
        const one = functions.all.get(Arn.replace(/^arn:.*:function:/u, ''));
        if (one === undefined || !mayInvoke(one, 'events.amazonaws.com', rule.arn)) return;
        try {
          await functions.invoke(one, Input === undefined ? event : JSON.parse(Input));
        } catch {
          // What a function fails with is in its log, as on AWS; one that may not run is not asked again.
        }
      }),
    );
  };
  const envelope = (
    source: string,
    type: string,
    detail: unknown,
    resources: readonly string[],
  ): Readonly<Record<string, unknown>> => ({
    version: '0',
    id: randomUUID(),
    'detail-type': type,
    source,
    account: world.accountId,
    time: `${new Date(world.nowMs()).toISOString().slice(0, 19)}Z`,
    region: world.region,
    resources,
    detail,
  });
  const put: Bus['put'] = async ({ source, type, detail, resources }) => {
    const event = envelope(source, type, detail, resources);
    const woken = [...rules.values()].filter(
      (rule) => rule.enabled && rule.pattern !== undefined && matchesEvent(rule.pattern, event),
    );
    await Promise.all(woken.map((rule) => wake(rule, event)));
  };
  const fireAfter = async (isDue: (every: number) => boolean): Promise<void> => {
    const due = [...rules.values()].filter(
      (rule) => rule.enabled && rule.schedule !== undefined && isDue(minutesOf(rule.schedule)),
    );
    await Promise.all(due.map((rule) => wake(rule, envelope('aws.events', 'Scheduled Event', {}, [rule.arn]))));
  };
  const timer =
    minuteMs === 0
      ? undefined
      : setInterval(() => {
          minutes += 1;
          void fireAfter((every) => minutes % every === 0);
        }, minuteMs);
  timer?.unref();
  let release: NodeJS.Timeout | undefined;

  return {
    rules,
    put,
    putTaskEvent: (detail, taskArn) => {
      const { lose = 0, double = 0, reorder = 0 } = world.faults().events ?? {};
      const send = (): void =>
        void put({ source: 'aws.ecs', type: 'ECS Task State Change', detail, resources: [taskArn] });
      const overtaken = held;
      held = undefined;
      if (random.next() >= lose) {
        if (random.next() < reorder) {
          held = send;
          clearTimeout(release);
          release = setTimeout(() => {
            held?.();
            held = undefined;
          }, heldMs);
        } else {
          send();
          if (random.next() < double) send();
        }
      }
      overtaken?.();
    },
    fire: () => fireAfter(() => true),
    close: () => {
      clearInterval(timer);
      clearTimeout(release);
      held = undefined;
    },
  };
}

/** The minutes of a rate; what a cron expression means is every minute here. */
function minutesOf(schedule: string): number {
  const match = /^rate\((\d+) (minute|hour|day)s?\)$/u.exec(schedule);
  const unit = { minute: 1, hour: 60, day: 1440 }[match?.[2] ?? 'minute'] ?? 1;
  return Number(match?.[1] ?? 1) * unit;
}
