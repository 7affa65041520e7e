import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { JsonService } from '../wire/service.js';
import type { World } from '../world.js';
import type { Bus, Rule } from './bus.js';
import { checkPattern } from './pattern.js';
import { textOf } from '../text.js';

/** Makes a rule of what PutRule, or a template, says. */
export function makeRule(world: World, name: string, input: Input, before?: Rule): Rule {
  const pattern = input['EventPattern'];
  const schedule = input['ScheduleExpression'];
  if (pattern === undefined && schedule === undefined) {
    throw new AwsError('ValidationException', 'Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (schedule !== undefined && !/^(?:rate\(\d+ (?:minute|hour|day)s?\)|cron\(.+\))$/u.test(textOf(schedule))) {
    throw new AwsError('ValidationException', 'Parameter ScheduleExpression is not valid.');
  }
  const read: unknown = typeof pattern === 'string' ? JSON.parse(pattern) : pattern;
  if (read !== undefined) checkPattern(read);
  return {
    name,
    arn: world.arn('events', `rule/${name}`),
    pattern: read,
    schedule: schedule === undefined ? undefined : textOf(schedule),
    description: input['Description'] === undefined ? undefined : textOf(input['Description']),
    enabled: input['State'] !== 'DISABLED',
    targets: (input['Targets'] as Rule['targets'] | undefined) ?? before?.targets ?? [],
  };
}

/** Amazon EventBridge: rules of the default bus. */
export function createEventsService(world: World, bus: Bus): JsonService {
  const rule = (input: Input, member = 'Name'): Rule => {
    const name = readMembers(input).text(member);
    const found = bus.rules.get(name);
    if (!found) throw new AwsError('ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
    return found;
  };
  const show = (one: Rule): Readonly<Record<string, unknown>> => ({
    Name: one.name,
    Arn: one.arn,
    State: one.enabled ? 'ENABLED' : 'DISABLED',
    EventBusName: 'default',
    ...(one.description === undefined ? {} : { Description: one.description }),
    ...(one.schedule === undefined ? {} : { ScheduleExpression: one.schedule }),
    ...(one.pattern === undefined ? {} : { EventPattern: JSON.stringify(one.pattern) }),
  });
  return {
    protocol: 'json',
    name: 'events',
    target: 'AWSEvents',
    version: '1.1',
    operations: {
      PutRule: (input) => {
        const name = readMembers(input).text('Name');
        const made = makeRule(world, name, input, bus.rules.get(name));
        bus.rules.set(name, made);
        return { RuleArn: made.arn };
      },
      DescribeRule: (input) => show(rule(input)),
      ListRules: () => ({ Rules: [...bus.rules.values()].map(show) }),
      EnableRule: (input) => {
        rule(input).enabled = true;
        return {};
      },
      DisableRule: (input) => {
        rule(input).enabled = false;
        return {};
      },
      DeleteRule: (input) => {
        const name = readMembers(input).text('Name');
        if ((bus.rules.get(name)?.targets.length ?? 0) > 0) {
          throw new AwsError('ValidationException', "Rule can't be deleted since it has targets.");
        }
        bus.rules.delete(name);
        return {};
      },
      PutTargets: (input) => {
        const found = rule(input, 'Rule');
        const given = readMembers(input).optionalList('Targets') as unknown as Rule['targets'];
        found.targets = [...found.targets.filter(({ Id }) => !given.some((one) => one.Id === Id)), ...given];
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      RemoveTargets: (input) => {
        const found = rule(input, 'Rule');
        const ids = readMembers(input).texts('Ids');
        found.targets = found.targets.filter(({ Id }) => !ids.includes(Id));
        return { FailedEntryCount: 0, FailedEntries: [] };
      },
      ListTargetsByRule: (input) => ({ Targets: rule(input, 'Rule').targets }),
      PutEvents: (input) => {
        const entries = readMembers(input).optionalList('Entries');
        for (const entry of entries) {
          void bus.put({
            source: String(entry['Source']),
            type: String(entry['DetailType']),
            detail: JSON.parse(textOf(entry['Detail'] ?? '{}')),
            resources: (entry['Resources'] as readonly string[] | undefined) ?? [],
          });
        }
        return { FailedEntryCount: 0, Entries: entries.map((_, at) => ({ EventId: `event-${at}` })) };
      },
    },
  };
}
