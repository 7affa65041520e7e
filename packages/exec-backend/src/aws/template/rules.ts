import type { StackNames } from '../names.js';
import { att, ref, type Resource, type Resources, sub, type Value } from './syntax.js';

const rule = (name: string, when: Readonly<Record<string, Value>>): Resource => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    Name: sub(name),
    State: 'ENABLED',
    ...when,
    Targets: [{ Id: 'service', Arn: att('Function', 'Arn') }],
  },
});

const permission = (name: string): Resource => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    FunctionName: ref('Function'),
    Action: 'lambda:InvokeFunction',
    Principal: 'events.amazonaws.com',
    SourceArn: att(name, 'Arn'),
  },
});

/** What wakes the function: tasks of the cluster that change, and every minute for what no event told. */
export const rules = (names: StackNames): Resources => ({
  TaskRule: rule(names.taskRule, {
    Description: 'Tasks that change.',
    EventPattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: [att('Cluster', 'Arn')] },
    },
  }),
  TaskRulePermission: permission('TaskRule'),
  MinuteRule: rule(names.minuteRule, {
    Description: 'Deadlines, lost tasks, queues.',
    ScheduleExpression: 'rate(1 minute)',
  }),
  MinuteRulePermission: permission('MinuteRule'),
});
