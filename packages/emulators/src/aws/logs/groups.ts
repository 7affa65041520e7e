import { AwsError } from '../../ssm/api/aws-error.js';
import type { World } from '../world.js';
import { Stream } from './stream.js';

/** One log group. */
export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  retentionInDays: number | undefined;
  readonly tags: Map<string, string>;
  readonly streams: Map<string, Stream>;
}

/** All log groups of the account. */
export interface LogGroups {
  readonly all: ReadonlyMap<string, Group>;
  /** @throws AwsError ResourceAlreadyExistsException */
  create(name: string): Group;
  /** @throws AwsError ResourceNotFoundException */
  group(name: string): Group;
  remove(name: string): void;
  /** @throws AwsError ResourceNotFoundException */
  stream(group: string, stream: string): Stream;
  /** Makes the stream where it is missing. @throws AwsError ResourceNotFoundException when there is no such group */
  open(group: string, stream: string): Stream;
}

/** Makes the table of groups, empty. */
export function createLogGroups(world: World): LogGroups {
  const groups = new Map<string, Group>();
  const group = (name: string): Group => {
    const found = groups.get(name);
    if (!found) throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');
    return found;
  };
  return {
    all: groups,
    group,
    create: (name) => {
      if (groups.has(name)) {
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
      }
      const made: Group = {
        name,
        arn: world.arn('logs', `log-group:${name}`),
        createdMs: world.nowMs(),
        retentionInDays: undefined,
        tags: new Map(),
        streams: new Map(),
      };
      groups.set(name, made);
      return made;
    },
    remove: (name) => {
      group(name);
      groups.delete(name);
    },
    stream: (name, stream) => {
      const found = group(name).streams.get(stream);
      if (!found) throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
      return found;
    },
    open: (name, stream) => {
      const { streams } = group(name);
      const made = streams.get(stream) ?? new Stream(stream, world.nowMs());
      streams.set(stream, made);
      return made;
    },
  };
}
