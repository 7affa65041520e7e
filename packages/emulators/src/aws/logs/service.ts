import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { JsonService } from '../wire/service.js';
import type { World } from '../world.js';
import { filterStreams } from './filter.js';
import type { Group, LogGroups } from './groups.js';
import { sizeOf, type Stream } from './stream.js';

const invalid = 'InvalidParameterException';
const maxEvents = 10_000;
const maxBatchBytes = 1_048_576;
const maxEventBytes = 1_048_576;
const retentions: ReadonlySet<number> = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/** CloudWatch Logs: groups, streams, and lines that come out as they went in. */
export function createLogsService(world: World, groups: LogGroups): JsonService {
  let reads = 0;
  const groupNamed = (input: Input): Group => groups.group(groupName(input));
  return {
    protocol: 'json',
    name: 'logs',
    target: 'Logs_20140328',
    version: '1.1',
    operations: {
      CreateLogGroup: (input) => {
        const group = groups.create(readMembers(input, invalid).text('logGroupName'));
        for (const [key, value] of Object.entries(readMembers(input, invalid).textMap('tags'))) {
          group.tags.set(key, value);
        }
        return {};
      },
      DeleteLogGroup: (input) => {
        groups.remove(groupName(input));
        return {};
      },
      PutRetentionPolicy: (input) => {
        const days = readMembers(input, invalid).optionalInteger('retentionInDays', 1, 3653);
        if (days === undefined || !retentions.has(days)) {
          throw new AwsError(
            invalid,
            `1 validation error detected: Value '${days}' at 'retentionInDays' is no retention.`,
          );
        }
        groupNamed(input).retentionInDays = days;
        return {};
      },
      DeleteRetentionPolicy: (input) => {
        groupNamed(input).retentionInDays = undefined;
        return {};
      },
      ListTagsForResource: (input) => {
        const arn = readMembers(input, invalid).text('resourceArn');
        return { tags: Object.fromEntries(groups.group(arn.split(':')[6] ?? '').tags) };
      },
      CreateLogStream: (input) => {
        const group = groupNamed(input);
        const name = readMembers(input, invalid).text('logStreamName');
        if (group.streams.has(name)) {
          throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
        }
        groups.open(group.name, name);
        return {};
      },
      DeleteLogStream: (input) => {
        const stream = groups.stream(groupName(input), readMembers(input, invalid).text('logStreamName'));
        groupNamed(input).streams.delete(stream.name);
        return {};
      },
      DescribeLogGroups: (input) => describeGroups(groups, input),
      DescribeLogStreams: (input) => describeStreams(groupNamed(input), input),
      PutLogEvents: (input) => putEvents(world, groups, input),
      GetLogEvents: (input) => {
        const members = readMembers(input, invalid);
        const stream = groups.stream(groupName(input), members.text('logStreamName'));
        reads += 1;
        const page = stream.page({
          token: members.optionalText('nextToken'),
          limit: members.optionalInteger('limit', 1, maxEvents) ?? maxEvents,
          startFromHead: members.optionalBoolean('startFromHead') ?? false,
          startTime: time(input, 'startTime', 0),
          endTime: time(input, 'endTime', Number.POSITIVE_INFINITY),
          nowMs: world.nowMs(),
          delayMs: world.faults().logDelayMs ?? 0,
          empty: world.faults().emptyLogPages === true && reads % 2 === 0,
        });
        if (page === undefined) throw new AwsError(invalid, 'The specified nextToken is invalid.');
        return { ...page };
      },
      FilterLogEvents: (input) => {
        const members = readMembers(input, invalid);
        const page = filterStreams({
          streams: chosenStreams(groupNamed(input), input),
          pattern: members.optionalText('filterPattern'),
          startTime: time(input, 'startTime', 0),
          endTime: time(input, 'endTime', Number.POSITIVE_INFINITY),
          limit: members.optionalInteger('limit', 1, maxEvents) ?? maxEvents,
          token: members.optionalText('nextToken'),
          nowMs: world.nowMs(),
          delayMs: world.faults().logDelayMs ?? 0,
        });
        return { events: page.events, searchedLogStreams: [], ...(page.nextToken && { nextToken: page.nextToken }) };
      },
    },
  };
}

/** By name, or by ARN where an identifier is given instead. */
function groupName(input: Input): string {
  const members = readMembers(input, invalid);
  const identifier = members.optionalText('logGroupIdentifier');
  if (identifier === undefined) return members.text('logGroupName');
  return identifier.startsWith('arn:') ? (identifier.split(':')[6] ?? '') : identifier;
}

function time(input: Input, name: string, otherwise: number): number {
  return readMembers(input, invalid).optionalInteger(name, 0, Number.MAX_SAFE_INTEGER) ?? otherwise;
}

function describeGroups(groups: LogGroups, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input, invalid);
  const prefix = members.optionalText('logGroupNamePrefix') ?? '';
  const pattern = members.optionalText('logGroupNamePattern');
  const all = [...groups.all.values()]
    .filter((group) => group.name.startsWith(prefix) && (pattern === undefined || group.name.includes(pattern)))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const { page, nextToken } = paged(
    all,
    members.optionalInteger('limit', 1, 50) ?? 50,
    members.optionalText('nextToken'),
  );
  return {
    logGroups: page.map((group) => ({
      logGroupName: group.name,
      arn: `${group.arn}:*`,
      logGroupArn: group.arn,
      creationTime: group.createdMs,
      metricFilterCount: 0,
      logGroupClass: 'STANDARD',
      storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + stream.storedBytes, 0),
      ...(group.retentionInDays === undefined ? {} : { retentionInDays: group.retentionInDays }),
    })),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

function describeStreams(group: Group, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input, invalid);
  const prefix = members.optionalText('logStreamNamePrefix') ?? '';
  const byTime = members.optionalText('orderBy') === 'LastEventTime';
  const ordered = [...group.streams.values()]
    .filter((stream) => stream.name.startsWith(prefix))
    .toSorted((left, right) => (byTime ? lastTime(left) - lastTime(right) : left.name < right.name ? -1 : 1));
  const all = members.optionalBoolean('descending') === true ? ordered.toReversed() : ordered;
  const { page, nextToken } = paged(
    all,
    members.optionalInteger('limit', 1, 50) ?? 50,
    members.optionalText('nextToken'),
  );
  return {
    logStreams: page.map((stream) => ({
      logStreamName: stream.name,
      creationTime: stream.createdMs,
      arn: `${group.arn}:log-stream:${stream.name}`,
      storedBytes: 0,
      uploadSequenceToken: '1',
      ...(stream.lines.length === 0
        ? {}
        : {
            firstEventTimestamp: stream.lines[0]!.timestamp,
            lastEventTimestamp: stream.lines.at(-1)!.timestamp,
            lastIngestionTime: stream.lines.at(-1)!.ingestionTime,
          }),
    })),
    ...(nextToken === undefined ? {} : { nextToken }),
  };
}

function lastTime(stream: Stream): number {
  return stream.lines.at(-1)?.timestamp ?? 0;
}

function chosenStreams(group: Group, input: Input): readonly Stream[] {
  const members = readMembers(input, invalid);
  const names = members.texts('logStreamNames');
  const prefix = members.optionalText('logStreamNamePrefix');
  if (names.length > 0 && prefix !== undefined) {
    throw new AwsError(invalid, 'Cannot specify both logStreamNames and logStreamNamePrefix.');
  }
  if (names.length > 0) {
    return names.map((name) => {
      const stream = group.streams.get(name);
      if (!stream) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
      return stream;
    });
  }
  return [...group.streams.values()].filter((stream) => stream.name.startsWith(prefix ?? ''));
}

function putEvents(world: World, groups: LogGroups, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input, invalid);
  const stream = groups.stream(groupName(input), members.text('logStreamName'));
  const events = members.optionalList('logEvents').map((event) => ({
    timestamp: readMembers(event, invalid).optionalInteger('timestamp', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    message: readMembers(event, invalid).text('message'),
  }));
  if (events.length === 0 || events.length > maxEvents) {
    throw new AwsError(
      invalid,
      `1 validation error detected: Value at 'logEvents' must have 1 to ${maxEvents} events.`,
    );
  }
  if (events.some((event, at) => at > 0 && event.timestamp < events[at - 1]!.timestamp)) {
    throw new AwsError(invalid, 'Log events in a single PutLogEvents request must be in chronological order.');
  }
  if (events.some(({ message }) => sizeOf(message) > maxEventBytes)) {
    throw new AwsError(invalid, `Log event too large: a maximum of ${maxEventBytes} bytes is allowed.`);
  }
  if (events.reduce((sum, { message }) => sum + sizeOf(message), 0) > maxBatchBytes) {
    throw new AwsError(invalid, `Upload too large: exceeds limit of ${maxBatchBytes} bytes.`);
  }
  for (const { timestamp, message } of events) stream.append(timestamp, message, world.nowMs());
  return { nextSequenceToken: '1' };
}

function paged<T>(
  all: readonly T[],
  limit: number,
  token: string | undefined,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const from = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(from)) throw new AwsError(invalid, 'The specified nextToken is invalid.');
  return {
    page: all.slice(from, from + limit),
    nextToken: from + limit < all.length ? String(from + limit) : undefined,
  };
}
