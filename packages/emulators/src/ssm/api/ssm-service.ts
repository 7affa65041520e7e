import type { Relay } from '../gateway/relay.js';
import { tagsOf, type Inventory } from '../inventory.js';
import type { SessionGrant, Sessions } from '../sessions.js';
import type { TargetSpec } from '../types.js';
import { AwsError } from './aws-error.js';
import { readMembers, type Input, type Service } from './operation.js';

/** What the Systems Manager API answers from. */
export interface SsmServiceSetup {
  readonly inventory: Inventory;
  readonly sessions: Sessions;
  readonly agentVersion: string;
  /** Wall clock, in milliseconds since 1970. */
  date(): number;
}

const defaultDocument = 'SSM-SessionManagerRunShell';

/** The part of Systems Manager that sessions need. */
export function createSsmService(setup: SsmServiceSetup): Service {
  const { inventory, sessions } = setup;
  return {
    signingName: 'ssm',
    targetPrefix: 'AmazonSSM',
    messageMember: 'Message',
    validationError: 'ValidationException',
    operations: {
      StartSession: (input) => {
        const members = readMembers(input);
        const order = {
          target: members.text('Target'),
          documentName: members.optionalText('DocumentName') ?? defaultDocument,
          parameters: members.listMap('Parameters'),
          idPrefix: 'hawser',
        };
        return grantOutput(sessions.start(order));
      },
      ResumeSession: (input) => {
        const sessionId = readMembers(input).text('SessionId');
        const grant = sessions.resume(sessionId);
        // The service answers without a token when a session is over.
        return grant === undefined ? { SessionId: sessionId } : grantOutput(grant);
      },
      TerminateSession: (input) => {
        const sessionId = readMembers(input).text('SessionId');
        sessions.terminate(sessionId);
        return { SessionId: sessionId };
      },
      DescribeSessions: (input) => describeSessions(setup, input),
      DescribeInstanceInformation: (input) => describeInstances(setup, input),
      GetConnectionStatus: (input) => {
        const target = readMembers(input).text('Target');
        const online = inventory.find(target)?.online ?? inventory.find(target) !== undefined;
        return { Target: target, Status: online ? 'connected' : 'notconnected' };
      },
    },
  };
}

function grantOutput(grant: SessionGrant): Readonly<Record<string, string>> {
  return { SessionId: grant.sessionId, TokenValue: grant.tokenValue, StreamUrl: grant.streamUrl };
}

function describeSessions({ sessions }: SsmServiceSetup, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input);
  const state = members.text('State');
  if (state !== 'Active' && state !== 'History') {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${state}' at 'state' failed to satisfy constraint: Member must satisfy enum value set: [History, Active]`,
    );
  }
  const tests: ((relay: Relay) => boolean)[] = members.optionalList('Filters').map((filter) => {
    const key = readMembers(filter).text('key');
    const value = readMembers(filter).text('value');
    const fields: Readonly<Record<string, (relay: Relay) => boolean>> = {
      Target: (relay) => relay.target === value,
      Owner: (relay) => relay.owner === value,
      SessionId: (relay) => relay.id === value,
      Status: (relay) => statusOf(relay) === value,
    };
    const test = fields[key];
    if (test === undefined) throw new AwsError('InvalidFilterKey', `The specified key ${key} is not valid.`);
    return test;
  });
  const matching = [...sessions]
    .filter((relay) => (relay.endedMs === undefined) === (state === 'Active'))
    .filter((relay) => tests.every((test) => test(relay)))
    .toReversed();
  return page(
    matching,
    members.optionalInteger('MaxResults', 1, 200) ?? 200,
    members.optionalText('NextToken'),
    (relays) => ({
      Sessions: relays.map(describeSession),
    }),
  );
}

function describeSession(relay: Relay): Readonly<Record<string, unknown>> {
  return {
    SessionId: relay.id,
    Target: relay.target,
    Status: statusOf(relay),
    StartDate: relay.startedMs / 1000,
    ...(relay.endedMs === undefined ? {} : { EndDate: relay.endedMs / 1000 }),
    DocumentName: relay.document,
    Owner: relay.owner,
    OutputUrl: {},
  };
}

function statusOf(relay: Relay): string {
  return relay.endedMs === undefined ? 'Connected' : 'Terminated';
}

function describeInstances(setup: SsmServiceSetup, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input);
  const filters = members.optionalList('Filters').map((filter) => {
    const reader = readMembers(filter);
    return instanceFilter(reader.text('Key'), reader.texts('Values'));
  });
  // The older form of the same parameter.
  const olderFilters = members.optionalList('InstanceInformationFilterList').map((filter) => {
    const reader = readMembers(filter);
    return instanceFilter(reader.text('key'), reader.texts('valueSet'));
  });
  const matching = setup.inventory.targets
    .filter((target) => !target.id.startsWith('ecs:'))
    .filter((target) => [...filters, ...olderFilters].every((test) => test(target)));
  return page(
    matching,
    members.optionalInteger('MaxResults', 5, 50) ?? 10,
    members.optionalText('NextToken'),
    (targets) => ({
      InstanceInformationList: targets.map((target) => describeInstance(setup, target)),
    }),
  );
}

function instanceFilter(key: string, values: readonly string[]): (target: TargetSpec) => boolean {
  const matches = (value: string | undefined): boolean => value !== undefined && values.includes(value);
  if (key.startsWith('tag:')) return (target) => matches(tagsOf(target)[key.slice('tag:'.length)]);
  const fields: Readonly<Record<string, (target: TargetSpec) => boolean>> = {
    InstanceIds: (target) => matches(target.id),
    PingStatus: (target) => matches(pingStatus(target)),
    PlatformTypes: (target) => matches(target.platform ?? 'Linux'),
    ResourceType: (target) => matches(resourceType(target)),
    'tag-key': (target) => Object.keys(tagsOf(target)).some(matches),
  };
  const test = fields[key];
  if (test === undefined) throw new AwsError('InvalidFilterKey', `The specified key ${key} is not valid.`);
  return test;
}

function describeInstance(setup: SsmServiceSetup, target: TargetSpec): Readonly<Record<string, unknown>> {
  return {
    InstanceId: target.id,
    PingStatus: pingStatus(target),
    LastPingDateTime: setup.date() / 1000,
    AgentVersion: setup.agentVersion,
    IsLatestVersion: true,
    PlatformType: target.platform ?? 'Linux',
    PlatformName: 'Amazon Linux',
    PlatformVersion: '2023',
    ResourceType: resourceType(target),
    IPAddress: target.ip ?? '10.0.0.1',
    ComputerName: `${target.name ?? target.id}.internal`,
    // For nodes that are no EC2 instances the API gives the name here.
    ...(target.name !== undefined && target.id.startsWith('mi-') ? { Name: target.name } : {}),
  };
}

function pingStatus(target: TargetSpec): string {
  return target.online === false ? 'ConnectionLost' : 'Online';
}

function resourceType(target: TargetSpec): string {
  return target.id.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance';
}

/** Tokens say where to go on; AWS's are opaque, so these are not bare numbers either. */
function page<T>(
  items: readonly T[],
  size: number,
  token: string | undefined,
  output: (items: readonly T[]) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const start = token === undefined ? 0 : Number(/^page-(\d+)$/u.exec(Buffer.from(token, 'base64').toString())?.[1]);
  if (!Number.isInteger(start)) throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  const end = start + size;
  return {
    ...output(items.slice(start, end)),
    ...(end < items.length ? { NextToken: Buffer.from(`page-${end}`).toString('base64') } : {}),
  };
}
