import { AwsError } from '../../ssm/api/aws-error.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import { textOf } from '../text.js';

/** The part of a container definition that the emulator acts on. */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly entrypoint: readonly string[] | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Environment name → SSM parameter. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly mounts: readonly { readonly volume: string; readonly path: string; readonly readOnly: boolean }[];
  readonly dependsOn: readonly { readonly name: string; readonly condition: string }[];
  readonly workingDirectory: string | undefined;
  readonly user: string | undefined;
  readonly readOnlyRoot: boolean;
  readonly initProcess: boolean;
  /** Seconds between TERM and KILL. */
  readonly stopTimeout: number;
  readonly log:
    | { readonly group: string; readonly prefix: string | undefined; readonly createGroup: boolean }
    | undefined;
}

const client = 'ClientException';
const conditions: ReadonlySet<string> = new Set(['START', 'COMPLETE', 'SUCCESS', 'HEALTHY']);
/** Default of Fargate. */
const stopTimeoutSeconds = 30;

/** @throws AwsError ClientException */
export function readContainer(input: Input): ContainerDefinition {
  const members = readMembers(input, client);
  const name = members.text('name');
  if (!/^[\w-]{1,255}$/u.test(name)) throw new AwsError(client, `Container.name is not valid: ${name}.`);
  return {
    name,
    image: members.text('image'),
    essential: members.optionalBoolean('essential') ?? true,
    entrypoint: input['entryPoint'] === undefined ? undefined : members.texts('entryPoint'),
    command: input['command'] === undefined ? undefined : members.texts('command'),
    environment: pairs(members.optionalList('environment'), 'value'),
    secrets: pairs(members.optionalList('secrets'), 'valueFrom'),
    mounts: members.optionalList('mountPoints').map((mount) => ({
      volume: readMembers(mount, client).text('sourceVolume'),
      path: readMembers(mount, client).text('containerPath'),
      readOnly: readMembers(mount, client).optionalBoolean('readOnly') ?? false,
    })),
    dependsOn: members.optionalList('dependsOn').map((one) => {
      const condition = readMembers(one, client).text('condition');
      if (!conditions.has(condition)) throw new AwsError(client, `Unknown dependency condition ${condition}.`);
      return { name: readMembers(one, client).text('containerName'), condition };
    }),
    workingDirectory: members.optionalText('workingDirectory'),
    user: members.optionalText('user'),
    readOnlyRoot: members.optionalBoolean('readonlyRootFilesystem') ?? false,
    initProcess: (input['linuxParameters'] as Input | undefined)?.['initProcessEnabled'] === true,
    stopTimeout: members.optionalInteger('stopTimeout', 0, 3600) ?? stopTimeoutSeconds,
    log: readLog(input['logConfiguration'] as Input | undefined),
  };
}

/** Reads `[{ name, value }]`. */
export function pairs(list: readonly Input[], value: 'value' | 'valueFrom'): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map((one) => [String(one['name']), textOf(one[value] ?? '')]));
}

function readLog(input: Input | undefined): ContainerDefinition['log'] {
  if (input === undefined) return undefined;
  const driver = readMembers(input, client).text('logDriver');
  if (driver !== 'awslogs') throw new AwsError(client, `The emulator does not know the log driver ${driver}.`);
  const options = readMembers(input, client).textMap('options');
  const group = options['awslogs-group'];
  if (!group) throw new AwsError(client, 'Log driver awslogs requires options: awslogs-group, awslogs-region.');
  return { group, prefix: options['awslogs-stream-prefix'], createGroup: options['awslogs-create-group'] === 'true' };
}
