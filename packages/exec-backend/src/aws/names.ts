/** Environment of the function. Names of things, never a secret: whoever may read the function may read these. */
export const functionEnvironment = {
  stack: 'HAWSER_STACK',
  table: 'HAWSER_TABLE',
  cluster: 'HAWSER_CLUSTER',
  logGroup: 'HAWSER_LOG_GROUP',
  /** Comma separated. */
  subnets: 'HAWSER_SUBNETS',
  /** Comma separated. */
  securityGroups: 'HAWSER_SECURITY_GROUPS',
  /** `ENABLED` or `DISABLED`. */
  assignPublicIp: 'HAWSER_ASSIGN_PUBLIC_IP',
  executionRoleArn: 'HAWSER_EXECUTION_ROLE_ARN',
  taskRoleArn: 'HAWSER_TASK_ROLE_ARN',
  /** Comma separated; empty when only the stack's own task role may be used. */
  allowedRoleArns: 'HAWSER_ALLOWED_ROLE_ARNS',
  defaultImage: 'HAWSER_DEFAULT_IMAGE',
  /** Has git, ssh and curl, and clones. */
  initImage: 'HAWSER_INIT_IMAGE',
  /** Its `/bin/busybox` is static: a first container of it copies that to the shared volume. No public image has git too. */
  shellImage: 'HAWSER_SHELL_IMAGE',
  taskCpu: 'HAWSER_TASK_CPU',
  taskMemory: 'HAWSER_TASK_MEMORY',
  /** `X86_64` or `ARM64`. */
  architecture: 'HAWSER_ARCHITECTURE',
  maxTimeoutSeconds: 'HAWSER_MAX_TIMEOUT_SECONDS',
  /** `true` or `false`. */
  enableAttach: 'HAWSER_ENABLE_ATTACH',
  /** `api-key`, `iam` or `both`. */
  authMode: 'HAWSER_AUTH_MODE',
  /** Where tasks reach the service ({@link paths.task} included); empty with a function URL, which the function cannot be told of by its own stack. */
  endpoint: 'HAWSER_ENDPOINT',
  /** Name of the parameter that holds the address of the function URL; empty with a REST API. */
  endpointParameter: 'HAWSER_ENDPOINT_PARAMETER',
} as const;

/** Who may call: holders of a key, IAM principals, or either. */
export type AuthMode = 'api-key' | 'iam' | 'both';

/** What the stack tells its function. */
export interface ServiceSettings {
  readonly stack: string;
  readonly table: string;
  readonly cluster: string;
  readonly logGroup: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: 'ENABLED' | 'DISABLED';
  readonly executionRoleArn: string;
  readonly taskRoleArn: string;
  readonly allowedRoleArns: readonly string[];
  readonly defaultImage: string;
  readonly initImage: string;
  readonly shellImage: string;
  readonly taskCpu: number;
  readonly taskMemory: number;
  readonly architecture: 'X86_64' | 'ARM64';
  readonly maxTimeoutSeconds: number;
  readonly enableAttach: boolean;
  readonly authMode: AuthMode;
  /** Missing with a function URL: then the address is the value of `endpointParameter`. */
  readonly endpoint?: string;
  readonly endpointParameter?: string;
}

/** Attributes of the table that the template has to know. `expires_at` is in seconds since 1970, as DynamoDB's TTL wants. */
export const tableAttributes = { partition: 'pk', sort: 'sk', expiresAt: 'expires_at' } as const;

/**
 * Names of the containers of a task, in the order in which they start; awslogs calls a stream `exec/CONTAINER/TASK-ID`.
 */
export const containers = { shell: 'shell', init: 'init', runner: 'runner', logPrefix: 'exec' } as const;

/**
 * Prefixes that the function takes off the path of a request. Below `task` API Gateway asks nobody who they are, because
 * tasks have a token and no credentials; below `iam` it always asks; the rest is as {@link AuthMode} says (`both`: as keys).
 */
export const paths = { stage: 'prod', task: '/task', iam: '/iam' } as const;

/** Names that follow from the name of a stack, in the template and outside it. */
export interface StackNames {
  readonly cluster: string;
  readonly function: string;
  readonly table: string;
  /** Output of commands. */
  readonly runLogGroup: string;
  /** Output of the function, and the access log of the API. */
  readonly serviceLogGroup: string;
  readonly api: string;
  readonly taskRule: string;
  readonly minuteRule: string;
  /** Every parameter of the stack is below this; ends with a slash. */
  readonly parameterPrefix: string;
  /** Secrets of executions: the prefix and the secret's name. */
  readonly secretPrefix: string;
  /** Credentials of git servers, JSON of `GitCredential`: the prefix and the host. */
  readonly gitPrefix: string;
  /** Private key that signs receipts. */
  readonly signerParameter: string;
  /** Address of the function URL. */
  readonly endpointParameter: string;
}

/** Every name that follows from a stack's. */
export function stackNames(stack: string): StackNames {
  const prefix = `/${stack}/`;
  return {
    cluster: stack,
    function: `${stack}-service`,
    table: `${stack}-executions`,
    runLogGroup: `${prefix}executions`,
    serviceLogGroup: `${prefix}service`,
    api: stack,
    taskRule: `${stack}-task-state`,
    minuteRule: `${stack}-every-minute`,
    parameterPrefix: prefix,
    secretPrefix: `${prefix}secrets/`,
    gitPrefix: `${prefix}git/`,
    signerParameter: `${prefix}receipts/signer`,
    endpointParameter: `${prefix}endpoint`,
  };
}

/** Digits of the hash that ends the family of a task definition. */
const familyDigits = 12;

/** Family of the task definition with this content: the stack's name and 12 hexadecimal digits of `sha256`. */
export function familyOf(stack: string, sha256: string): string {
  return `${stack}-${sha256.slice(0, familyDigits)}`;
}

/** Whether a family of task definitions is the stack's: `hawser-dev-…` is none of the stack `hawser`. */
export function isFamilyOf(stack: string, family: string): boolean {
  return (
    family.length === stack.length + 1 + familyDigits &&
    family.startsWith(`${stack}-`) &&
    /^[0-9a-f]+$/.test(family.slice(stack.length + 1))
  );
}

/** The families of a stack, as IAM matches them in an ARN: twelve characters and the revision. */
export const familyPattern: string = '?'.repeat(familyDigits);

/** Reads what the template wrote. Throws a `TypeError` where the environment is not one that the template made. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): ServiceSettings {
  const text = (name: keyof typeof functionEnvironment): string => {
    const value = environment[functionEnvironment[name]];
    if (value === undefined) throw new TypeError(`The function's environment lacks ${functionEnvironment[name]}.`);
    return value;
  };
  const list = (name: keyof typeof functionEnvironment): readonly string[] => text(name).split(',').filter(Boolean);
  const endpoint = text('endpoint');
  const endpointParameter = text('endpointParameter');
  return {
    stack: text('stack'),
    table: text('table'),
    cluster: text('cluster'),
    logGroup: text('logGroup'),
    subnets: list('subnets'),
    securityGroups: list('securityGroups'),
    assignPublicIp: text('assignPublicIp') === 'ENABLED' ? 'ENABLED' : 'DISABLED',
    executionRoleArn: text('executionRoleArn'),
    taskRoleArn: text('taskRoleArn'),
    allowedRoleArns: list('allowedRoleArns'),
    defaultImage: text('defaultImage'),
    initImage: text('initImage'),
    shellImage: text('shellImage'),
    taskCpu: Number(text('taskCpu')),
    taskMemory: Number(text('taskMemory')),
    architecture: text('architecture') === 'ARM64' ? 'ARM64' : 'X86_64',
    maxTimeoutSeconds: Number(text('maxTimeoutSeconds')),
    enableAttach: text('enableAttach') === 'true',
    authMode: text('authMode') as AuthMode,
    ...(endpoint && { endpoint }),
    ...(endpointParameter && { endpointParameter }),
  };
}
