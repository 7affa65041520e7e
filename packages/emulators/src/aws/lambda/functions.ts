import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { unzipSync } from 'fflate';
import { AwsError } from '../../ssm/api/aws-error.js';
import type { Input } from '../../ssm/api/operation.js';
import type { Keyring } from '../iam/caller.js';
import type { LogGroups } from '../logs/groups.js';
import type { World } from '../world.js';
import { bootstrap } from './bootstrap.js';
import { settingsOf, type EmulatedFunction, type InvokeResult } from './function.js';
import { startInstance, type Instance } from './instance.js';

/** All functions of the account. */
export interface Functions {
  readonly all: ReadonlyMap<string, EmulatedFunction>;
  /** By name or ARN. @throws AwsError ResourceNotFoundException */
  find(name: string): EmulatedFunction;
  byUrl(id: string): EmulatedFunction | undefined;
  create(name: string, input: Input, code: CodePackage): Promise<EmulatedFunction>;
  /** @throws AwsError ResourceConflictException while another update is in progress */
  changeSettings(name: string, input: Input): EmulatedFunction;
  changeCode(name: string, code: CodePackage): Promise<EmulatedFunction>;
  remove(name: string): Promise<void>;
  invoke(one: EmulatedFunction, event: unknown): Promise<InvokeResult>;
  /** Ends every instance, and with it what they do. */
  close(): Promise<void>;
}

/** An update takes this long, unless somebody has seen it in progress before. */
const updateMs = 5_000;

/** Code as it was sent. */
export interface CodePackage {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Of the archive itself, base64. */
  readonly sha256: string;
}

/** Reads an uploaded archive. @throws AwsError InvalidParameterValueException */
export function unpack(zip: Uint8Array): CodePackage {
  try {
    return { files: unzipSync(zip), sha256: createHash('sha256').update(zip).digest('base64') };
  } catch {
    throw new AwsError(
      'InvalidParameterValueException',
      'Could not unzip uploaded file. Please check your file, then try to upload again.',
    );
  }
}

/** Makes the table of functions, empty. */
export function createFunctions(world: World, groups: LogGroups, keyring: Keyring): Functions {
  const all = new Map<string, EmulatedFunction>();
  const warm = new Map<string, { readonly instance: Instance; readonly revision: string }[]>();
  const running = new Set<Instance>();
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => world.random.below(16).toString(16)).join('');
  const bootstrapFile = join(world.folder, 'bootstrap.mjs');

  const find = (name: string): EmulatedFunction => {
    const short = name.replace(/^arn:.*:function:/u, '').split(':')[0]!;
    const found = all.get(short);
    if (!found) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Function not found: ${world.arn('lambda', `function:${short}`)}`,
        {
          status: 404,
        },
      );
    }
    return found;
  };
  const place = async (name: string, { files, sha256 }: CodePackage): Promise<Partial<EmulatedFunction>> => {
    const codeFolder = join(world.folder, 'functions', `${name}-${hex(8)}`);
    let codeBytes = 0;
    for (const [path, bytes] of Object.entries(files)) {
      const target = join(codeFolder, normalize(`/${path}`));
      await mkdir(path.endsWith('/') ? target : dirname(target), { recursive: true });
      if (path.endsWith('/')) continue;
      await writeFile(target, bytes, { mode: 0o755 });
      codeBytes += bytes.length;
    }
    await writeFile(bootstrapFile, bootstrap);
    return { codeFolder, codeSha256: sha256, codeBytes };
  };
  const updatable = (name: string): EmulatedFunction => {
    const one = find(name);
    if (world.nowMs() < one.updatingUntilMs) {
      throw new AwsError(
        'ResourceConflictException',
        `The operation cannot be performed at this time. An update is in progress for resource: ${one.arn}`,
        { status: 409 },
      );
    }
    return one;
  };
  const changed = (one: EmulatedFunction): EmulatedFunction => {
    one.revision = `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
    one.modifiedMs = world.nowMs();
    one.updatingUntilMs = world.nowMs() + updateMs;
    return one;
  };
  const retire = async (instance: Instance): Promise<void> => {
    running.delete(instance);
    await instance.close();
  };

  const open = (one: EmulatedFunction): Instance => {
    const role = one.role.split('/').at(-1)!;
    const credentials = keyring.issue(role, one.name);
    const day = new Date(world.nowMs()).toISOString().slice(0, 10).replaceAll('-', '/');
    const streamName = `${day}/[$LATEST]${hex(32)}`;
    const stream = groups.all.has(one.logGroup) ? groups.open(one.logGroup, streamName) : undefined;
    const instance = startInstance({
      bootstrap: bootstrapFile,
      folder: one.codeFolder,
      environment: {
        ...one.environment,
        PATH: process.env['PATH'] ?? '',
        LANG: 'en_US.UTF-8',
        TZ: ':UTC',
        LAMBDA_TASK_ROOT: one.codeFolder,
        _HANDLER: one.handler,
        AWS_EXECUTION_ENV: `AWS_Lambda_${one.runtime}`,
        AWS_REGION: world.region,
        AWS_DEFAULT_REGION: world.region,
        AWS_LAMBDA_FUNCTION_NAME: one.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(one.memory),
        AWS_LAMBDA_LOG_GROUP_NAME: one.logGroup,
        AWS_LAMBDA_LOG_STREAM_NAME: streamName,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken!,
        AWS_ENDPOINT_URL: world.endpoint(),
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
      log: (line) => stream?.append(world.nowMs(), line, world.nowMs()),
    });
    running.add(instance);
    return instance;
  };

  return {
    all,
    find,
    byUrl: (id) => [...all.values()].find(({ url }) => url?.id === id),
    create: async (name, input, code) => {
      if (all.has(name)) {
        throw new AwsError('ResourceConflictException', `Function already exist: ${name}`, { status: 409 });
      }
      const logging = input['LoggingConfig'] as { readonly LogGroup?: string } | undefined;
      const made = {
        name,
        arn: world.arn('lambda', `function:${name}`),
        ...settingsOf(input),
        ...(await place(name, code)),
        architectures: (input['Architectures'] as readonly string[] | undefined) ?? ['x86_64'],
        logGroup: logging?.LogGroup ?? `/aws/lambda/${name}`,
        concurrency: undefined,
        permissions: new Map(),
        url: undefined,
        tags: new Map(),
      } as unknown as EmulatedFunction;
      changed(made).updatingUntilMs = 0;
      all.set(name, made);
      return made;
    },
    changeSettings: (name, input) => {
      const one = updatable(name);
      return changed(Object.assign(one, settingsOf(input, one)));
    },
    changeCode: async (name, code) => {
      const one = updatable(name);
      one.updatingUntilMs = Number.POSITIVE_INFINITY;
      return changed(Object.assign(one, await place(one.name, code)));
    },
    remove: async (name) => {
      const one = find(name);
      all.delete(one.name);
      const instances = warm.get(one.name) ?? [];
      warm.delete(one.name);
      await Promise.all(instances.map(({ instance }) => retire(instance)));
      await rm(one.codeFolder, { recursive: true, force: true });
    },
    invoke: async (one, event) => {
      if (one.concurrency === 0) {
        throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
          status: 429,
          members: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
        });
      }
      const { revision } = one;
      const idle = warm.get(one.name) ?? [];
      warm.set(one.name, idle);
      const stale = idle.filter((each) => each.revision !== revision || each.instance.isGone);
      for (const each of stale) {
        idle.splice(idle.indexOf(each), 1);
        void retire(each.instance);
      }
      const instance = idle.pop()?.instance ?? open(one);
      const awsRequestId = `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
      const result = await instance.invoke(
        event,
        {
          awsRequestId,
          functionName: one.name,
          functionVersion: '$LATEST',
          invokedFunctionArn: one.arn,
          memoryLimitInMB: String(one.memory),
          logGroupName: one.logGroup,
          callbackWaitsForEmptyEventLoop: true,
        },
        one.timeout * 1000,
      );
      if (instance.isGone || one.revision !== revision || !all.has(one.name)) await retire(instance);
      else idle.push({ instance, revision });
      return result;
    },
    close: async () => void (await Promise.all([...running].map((instance) => retire(instance)))),
  };
}
