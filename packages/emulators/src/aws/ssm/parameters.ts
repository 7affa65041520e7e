import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import type { JsonService } from '../wire/service.js';
import { seconds, type World } from '../world.js';

interface Version {
  readonly version: number;
  readonly type: string;
  readonly value: string;
  readonly changedMs: number;
  readonly tier: string;
}

interface Parameter {
  readonly name: string;
  description: string | undefined;
  readonly tags: Map<string, string>;
  /** Oldest first. */
  versions: Version[];
}

/** All parameters of the account. */
export interface Parameters {
  readonly all: ReadonlyMap<string, unknown>;
  /** The plain value of a parameter by name or ARN. */
  value(name: string): string | undefined;
}

const standardBytes = 4096;
const advancedBytes = 8192;
const maxVersions = 100;
const invalid = 'ValidationException';

/** Parameters of Systems Manager. A secure string is kept like any other, and shown only with `WithDecryption`. */
export function createParameters(world: World): { readonly service: JsonService; readonly parameters: Parameters } {
  const all = new Map<string, Parameter>();
  const find = (name: string): { parameter: Parameter; version: Version } | undefined => {
    const [, path = '', label] = /^(.*?)(?::(\d+))?$/su.exec(name.replace(/^arn:[^/]*:parameter(?=\/)/u, ''))!;
    const parameter = all.get(path);
    const version =
      label === undefined
        ? parameter?.versions.at(-1)
        : parameter?.versions.find((one) => one.version === Number(label));
    return parameter !== undefined && version !== undefined ? { parameter, version } : undefined;
  };
  const show = (parameter: Parameter, version: Version, decrypt: boolean): Readonly<Record<string, unknown>> => ({
    Name: parameter.name,
    Type: version.type,
    Value: version.type === 'SecureString' && !decrypt ? seal(version.value) : version.value,
    Version: version.version,
    LastModifiedDate: seconds(version.changedMs),
    ARN: world.arn('ssm', `parameter${parameter.name.startsWith('/') ? '' : '/'}${parameter.name}`),
    DataType: 'text',
  });
  const existing = (name: string): { parameter: Parameter; version: Version } => {
    const found = find(name);
    if (!found) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
    return found;
  };
  const remove = (name: string): boolean => all.delete(name);

  const operations: JsonService['operations'] = {
    PutParameter: (input) => put(world, all, input),
    GetParameter: (input) => {
      const { parameter, version } = existing(readMembers(input).text('Name'));
      return { Parameter: show(parameter, version, input['WithDecryption'] === true) };
    },
    GetParameters: (input) => {
      const names = named(input, 10);
      return {
        Parameters: names.flatMap((name) => {
          const found = find(name);
          return found ? [show(found.parameter, found.version, input['WithDecryption'] === true)] : [];
        }),
        InvalidParameters: names.filter((name) => !find(name)),
      };
    },
    GetParametersByPath: (input) => {
      const members = readMembers(input);
      const path = members.text('Path').replace(/\/$/u, '');
      if (path !== '' && !path.startsWith('/')) {
        throw new AwsError(
          invalid,
          'The parameter doesn\'t meet the parameter name requirements: it must begin with "/".',
        );
      }
      const recursive = members.optionalBoolean('Recursive') ?? false;
      const below = sorted(all).filter(({ name }) => {
        const rest = name.startsWith(`${path}/`) ? name.slice(path.length + 1) : '';
        return rest !== '' && (recursive || !rest.includes('/'));
      });
      const { page, NextToken } = pageOf(below, members.optionalInteger('MaxResults', 1, 10) ?? 10, input);
      return {
        Parameters: page.map((one) => show(one, one.versions.at(-1)!, input['WithDecryption'] === true)),
        ...(NextToken && { NextToken }),
      };
    },
    DescribeParameters: (input) => {
      const members = readMembers(input);
      const filters = members.optionalList('ParameterFilters');
      const chosen = sorted(all).filter((one) => filters.every((filter) => admits(filter, one)));
      const { page, NextToken } = pageOf(chosen, members.optionalInteger('MaxResults', 1, 50) ?? 50, input);
      return {
        Parameters: page.map((one) => {
          const { Value, ...rest } = show(one, one.versions.at(-1)!, false);
          return { ...rest, Tier: one.versions.at(-1)!.tier, Policies: [], Description: one.description };
        }),
        ...(NextToken && { NextToken }),
      };
    },
    GetParameterHistory: (input) => {
      const { parameter } = existing(readMembers(input).text('Name'));
      return {
        Parameters: parameter.versions.map((one) => show(parameter, one, input['WithDecryption'] === true)),
      };
    },
    DeleteParameter: (input) => {
      const name = readMembers(input).text('Name');
      if (!remove(name)) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
      return {};
    },
    DeleteParameters: (input) => {
      const names = named(input, 10);
      const gone = names.filter((name) => remove(name));
      return { DeletedParameters: gone, InvalidParameters: names.filter((name) => !gone.includes(name)) };
    },
    AddTagsToResource: (input) => {
      const { parameter } = existing(readMembers(input).text('ResourceId'));
      for (const [key, value] of tagsOf(input)) parameter.tags.set(key, value);
      return {};
    },
    ListTagsForResource: (input) => {
      const { parameter } = existing(readMembers(input).text('ResourceId'));
      return { TagList: [...parameter.tags].map(([Key, Value]) => ({ Key, Value })) };
    },
  };
  return {
    service: { protocol: 'json', name: 'ssm', target: 'AmazonSSM', version: '1.1', operations },
    parameters: { all, value: (name) => find(name)?.version.value },
  };
}

function put(world: World, all: Map<string, Parameter>, input: Input): Readonly<Record<string, unknown>> {
  const members = readMembers(input);
  const name = members.text('Name');
  const value = members.text('Value');
  const known = all.get(name);
  const overwrite = members.optionalBoolean('Overwrite') ?? false;
  if (!/^[\w./-]{1,1011}$/u.test(name) || /^\/?(?:aws|ssm)/iu.test(name) || (name.includes('/') && name[0] !== '/')) {
    throw new AwsError(
      invalid,
      `Parameter name: can't be prefixed with "aws" or "ssm", and is a path of [a-zA-Z0-9_.-].`,
    );
  }
  if (known && !overwrite) {
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  const type = members.optionalText('Type') ?? known?.versions.at(-1)?.type;
  if (type === undefined || !['String', 'StringList', 'SecureString'].includes(type)) {
    throw new AwsError(invalid, 'A parameter type is required when you create a parameter.');
  }
  const bytes = Buffer.byteLength(value);
  const asked = members.optionalText('Tier') ?? 'Standard';
  const tier = asked === 'Intelligent-Tiering' ? (bytes > standardBytes ? 'Advanced' : 'Standard') : asked;
  const limit = tier === 'Advanced' ? advancedBytes : standardBytes;
  if (bytes > limit) {
    throw new AwsError(
      invalid,
      `${tier} tier parameters support a maximum parameter value of ${limit} characters. ` +
        'To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.',
    );
  }
  const parameter: Parameter = known ?? { name, description: undefined, tags: new Map(), versions: [] };
  const version = (parameter.versions.at(-1)?.version ?? 0) + 1;
  parameter.description = members.optionalText('Description') ?? parameter.description;
  for (const [key, text] of tagsOf(input)) parameter.tags.set(key, text);
  parameter.versions = [...parameter.versions, { version, type, value, changedMs: world.nowMs(), tier }].slice(
    -maxVersions,
  );
  all.set(name, parameter);
  return { Version: version, Tier: tier };
}

/** What is seen of a secure string without decryption: something that is not it. */
function seal(value: string): string {
  return Buffer.from(`emulated-kms:${Buffer.byteLength(value)}`).toString('base64');
}

function named(input: Input, most: number): readonly string[] {
  const names = readMembers(input).texts('Names');
  if (names.length === 0 || names.length > most) {
    throw new AwsError(invalid, `1 validation error detected: Value at 'names' must have 1 to ${most} members.`);
  }
  return names;
}

function tagsOf(input: Input): readonly (readonly [string, string])[] {
  return readMembers(input)
    .optionalList('Tags')
    .map((tag) => [String(tag['Key']), String(tag['Value'])] as const);
}

function sorted(all: ReadonlyMap<string, Parameter>): readonly Parameter[] {
  return [...all.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

function admits(filter: Input, { name, versions }: Parameter): boolean {
  const members = readMembers(filter);
  const values = members.texts('Values');
  const option = members.optionalText('Option') ?? 'Equals';
  const key = members.text('Key');
  if (key === 'Type') return values.includes(versions.at(-1)!.type);
  if (key === 'Path') return values.some((path) => name.startsWith(`${path.replace(/\/$/u, '')}/`));
  if (key !== 'Name') throw new AwsError('InvalidFilterKey', `The emulator does not know the filter ${key}.`);
  return values.some((value) =>
    option === 'BeginsWith' ? name.startsWith(value) : option === 'Contains' ? name.includes(value) : name === value,
  );
}

function pageOf<T>(
  all: readonly T[],
  limit: number,
  input: Input,
): { readonly page: readonly T[]; readonly NextToken: string | undefined } {
  const from = Number(readMembers(input).optionalText('NextToken') ?? 0);
  return {
    page: all.slice(from, from + limit),
    NextToken: from + limit < all.length ? String(from + limit) : undefined,
  };
}
