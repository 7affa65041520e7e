import type { Style } from '@hawser/cli-kit';
import type { DestroyEvent, DestroyPlan, StackEvent, StackPlan } from '@hawser/exec-backend/aws';
import type { DestroyFacts } from '../../exec/stack/destroy.js';
import type { InitFacts } from '../../exec/stack/init.js';

/** One line of what CloudFormation does. */
export function eventLine({ logicalId, type, status, reason }: StackEvent): string {
  return `  ${status.padEnd(24)} ${type.replace(/^AWS::/, '')} ${logicalId}${reason === undefined ? '' : `: ${reason}`}`;
}

const SIGNS = { add: '+', modify: '~', remove: '-', import: '+', dynamic: '~' } as const;

/** What a plan would do, a line each. */
export function planLines(
  plan: Pick<StackPlan, 'name' | 'region' | 'action' | 'changes' | 'found'>,
  account: string,
): readonly string[] {
  const { name, region, action, changes, found } = plan;
  const where = `Stack ${name} in ${region}, account ${account}`;
  if (action === 'none') return [`${where}: nothing to change.`];
  if (action === 'remake') return [`${where}: it is ${found?.status ?? ''}; it is deleted, and made anew.`];
  return [
    `${where}: ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}.`,
    ...changes.map(
      ({ action: what, logicalId, type, replaced }) =>
        `  ${SIGNS[what]} ${type.replace(/^AWS::/, '').padEnd(28)} ${logicalId}${replaced === true ? '  (made anew)' : ''}`,
    ),
  ];
}

/** What a person is told when a stack is there, or would be. */
export function renderInit(facts: InitFacts, style: Style): string {
  if (facts.planned) {
    return [...planLines({ ...facts, name: facts.stack }, facts.account), '', 'Nothing was made.'].join('\n');
  }
  return [
    style.good('Setup complete!'),
    '',
    ...(facts.config_file === undefined ? [] : [`Configuration saved to ${facts.config_file}`]),
    `  API endpoint: ${facts.api_endpoint ?? ''}`,
    `  Region:       ${facts.region}`,
    ...(facts.api_key === undefined
      ? []
      : [
          '',
          `Your API key: ${style.strong(facts.api_key)}`,
          '  (Also saved to the configuration; it is shown this once.)',
        ]),
    '',
    'Test it with: hawser exec "echo hello"',
  ].join('\n');
}

/** What would be lost, a line each. */
export function destroyLines(plan: DestroyPlan, keepLogs: boolean): readonly string[] {
  const { name, region, stack, tasks, definitions, parameters, logs } = plan;
  const count = (things: readonly string[], what: string): readonly string[] =>
    things.length === 0 ? [] : [`  ${things.length} ${what}${things.length === 1 ? '' : 's'}`];
  return [
    `This deletes what hawser exec init made in ${region}:`,
    ...(stack === undefined ? [] : [`  stack ${name} (${stack.status}), with its history, keys and locks`]),
    ...count(tasks, 'running task').map((line) => `${line}: stopped`),
    ...count(definitions, 'task definition'),
    ...count(parameters, 'stored secret and parameter').map((line) =>
      line.replace('secret and parameters', 'secrets and parameters'),
    ),
    ...(logs === undefined ? [] : [`  log group ${logs.name}${keepLogs ? ': kept' : ` (${logs.bytes} bytes)`}`]),
  ];
}

/** One line of what destroying does. */
export function destroyLine(event: DestroyEvent): string {
  switch (event.step) {
    case 'tasks':
      return event.left > 0 ? `→ Stopping ${event.left} task(s)...` : '→ All tasks have stopped.';
    case 'stack':
      return eventLine(event.event);
    case 'definitions':
      return `→ Removed ${event.removed} task definition(s).`;
    case 'parameters':
      return `→ Removed ${event.removed} parameter(s).`;
    case 'logs':
      return event.kept ? `→ Kept ${event.name}.` : `→ Removed ${event.name}.`;
    default:
      return `! Left behind: ${event.event.type} ${event.event.logicalId}${event.event.reason === undefined ? '' : `: ${event.event.reason}`}`;
  }
}

/** What a person is told when a stack is gone. */
export function renderDestroyed(facts: DestroyFacts): string {
  const { stack, left, backends, backends_removed: removed, config_file: file } = facts;
  return [
    left.length === 0 ? `The stack ${stack} is gone.` : `The stack ${stack} is gone, but not ${left.join(', ')}.`,
    ...(backends.length === 0
      ? []
      : [removed ? `Removed ${backends.join(', ')} from ${file}.` : `${file} still names ${backends.join(', ')}.`]),
  ].join('\n');
}
