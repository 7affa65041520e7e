import { createHash } from 'node:crypto';
import type { ECSClient, RunTaskCommandInput, Task } from '@aws-sdk/client-ecs';
import { fargateSize } from '@hawser/exec-client/contract';
import { ExecBackendError } from '../../errors.js';
import type { Clock, Job, Runner, StartFailure, TaskFacts, TaskRef } from '../../ports.js';
import type { TaskDefinitions } from '../images/definitions.js';
import type { EndMark } from '../logs/marks.js';
import { containers, type ServiceSettings } from '../names.js';
import { patiently, type Pause, pauseByClock } from '../patience.js';
import { awsCode, isThrottled } from '../sdk-failure.js';
import { classifyRefusal } from '../stop-reasons.js';
import { attachTo } from './attach.js';
import { factsOf, refOf, streamsOf } from './task-facts.js';

/** How tasks are run. */
export interface EcsRunnerOptions {
  readonly settings: Pick<
    ServiceSettings,
    | 'cluster'
    | 'subnets'
    | 'securityGroups'
    | 'assignPublicIp'
    | 'defaultImage'
    | 'taskCpu'
    | 'taskMemory'
    | 'architecture'
    | 'enableAttach'
  >;
  /** Called when the first task is asked for. */
  readonly client: () => Promise<ECSClient>;
  readonly definitions: TaskDefinitions;
  /** What the image's own entry point is: asked for when a command is to be given to that. Throws where nobody can say. */
  readonly entryPoint: (image: string, architecture: 'X86_64' | 'ARM64') => Promise<readonly string[]>;
  /** The end mark in a stream of the log. */
  readonly endMark: (stream: string) => Promise<EndMark | undefined>;
  readonly clock: Clock;
  readonly pause?: Pause;
}

/** What run.sh ends with when it stopped the command at its deadline; a command may end with it too. */
const OVERDUE = 124;
/** How long an end mark may be on its way into the log. */
const markPatienceMs = 30_000;
/** Errors of RunTask that say for certain that nothing was started. @see RunTask, "Errors" */
const refusals =
  /^(?:ClientException|InvalidParameterException|AccessDenied\w*|ClusterNotFoundException|UnsupportedFeatureException|PlatformUnknownException|PlatformTaskDefinitionIncompatibilityException|BlockedException|LimitExceededException)$/;
const inactive =
  /TaskDefinition is inactive|Unable to describe task definition|not found.*task definition|TaskDefinition not found/i;

/**
 * Runs commands as Fargate tasks of one cluster. Every start of an execution has a client token that follows from its id
 * and attempt, so that asking twice starts one task; `startedBy` is the id, so that a task whose answer was lost is found.
 */
export function createEcsRunner(options: EcsRunnerOptions): Runner {
  const { settings, clock, pause = pauseByClock } = options;
  const { cluster } = settings;

  const describe = async (arns: readonly string[]): Promise<readonly Task[]> => {
    const { DescribeTasksCommand } = await import('@aws-sdk/client-ecs');
    const client = await options.client();
    const command = new DescribeTasksCommand({ cluster, tasks: [...arns] });
    return (await patiently(() => client.send(command), pause)).tasks ?? [];
  };

  const run = async (input: RunTaskCommandInput): Promise<TaskRef | StartFailure> => {
    const { RunTaskCommand } = await import('@aws-sdk/client-ecs');
    const client = await options.client();
    const { tasks = [], failures = [] } = await patiently(() => client.send(new RunTaskCommand(input)), pause);
    const [task] = tasks;
    if (task) return refOf(task);
    const words = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(': ')).join('; ');
    return refused(words || 'RunTask answered with no task and no reason.');
  };

  const inputFor = (
    job: Job,
    taskDefinition: string,
    size: { readonly cpu: number; readonly memory: number },
  ): RunTaskCommandInput => ({
    cluster,
    taskDefinition,
    launchType: 'FARGATE',
    count: 1,
    clientToken: createHash('sha256').update(`${job.executionId}#${job.attempt}`).digest('hex'),
    startedBy: job.executionId,
    enableExecuteCommand: settings.enableAttach && job.attachable,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...settings.subnets],
        securityGroups: [...settings.securityGroups],
        assignPublicIp: settings.assignPublicIp,
      },
    },
    overrides: {
      cpu: String(size.cpu),
      memory: String(size.memory),
      ...(job.role !== undefined && { taskRoleArn: job.role }),
      ...(job.disk !== undefined && { ephemeralStorage: { sizeInGiB: job.disk } }),
      containerOverrides: [
        {
          name: containers.init,
          environment: [
            { name: 'HAWSER_EXEC_ID', value: job.executionId },
            { name: attemptVariable, value: String(job.attempt) },
            { name: 'HAWSER_EXEC_TOKEN', value: job.token },
          ],
        },
      ],
    },
  });

  return {
    kind: 'aws',

    describe: ({ runner }) =>
      runner === undefined
        ? Promise.resolve({ kind: 'aws', isolation: 'fargate', note: `ECS Fargate, cluster ${cluster}` })
        : Promise.reject(
            new ExecBackendError('HAWSER_EXEC_BACKEND_ISOLATION_MISSING', `Nothing here is run by '${runner}'.`, {
              hint: 'Runners of plugins run commands on their own machine: choose --local, or leave --runner out.',
            }),
          ),

    start: async (job) => {
      const image = job.image ?? settings.defaultImage;
      const architecture = job.platform === undefined || job.platform === 'auto' ? settings.architecture : job.platform;
      const size = sizeOf(job, settings);
      if (!size) {
        return refused(
          `Fargate has no task with ${job.cpu ?? 'any'} CPU units and ${job.memory ?? 'any'} MiB of memory.`,
        );
      }
      try {
        let entryPoint: readonly string[] | undefined;
        if (job.entrypoint === 'image') {
          try {
            entryPoint = await options.entryPoint(image, architecture);
          } catch (error) {
            const reason = `The entry point of ${image} cannot be read: ${(error as Error).message}`;
            return { failed: true, reasonCode: 'image_pull', reason, retryable: false };
          }
        }
        const key = { image, architecture, ...(entryPoint && { entryPoint }) };
        const arn = await options.definitions.ensure(key);
        try {
          return await run(inputFor(job, arn, size));
        } catch (error) {
          if (!inactive.test((error as Error).message)) throw error;
          return await run(inputFor(job, await options.definitions.ensure(key, arn), size));
        }
      } catch (error) {
        const [existing] = (error as { readonly resourceIds?: readonly string[] }).resourceIds ?? [];
        // The token was used with other words before: the task that it started is the one.
        if (awsCode(error) === 'ConflictException' && existing) return { arn: existing, logs: streamsOf(existing) };
        if (isThrottled(error) || refusals.test(awsCode(error))) {
          return refused(`${awsCode(error)}: ${(error as Error).message}`);
        }
        throw error;
      }
    },

    find: async (executionId, attempt) => {
      const { ListTasksCommand } = await import('@aws-sdk/client-ecs');
      const client = await options.client();
      const arns: string[] = [];
      for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
        const command = new ListTasksCommand({ cluster, startedBy: executionId, desiredStatus });
        arns.push(...((await patiently(() => client.send(command), pause)).taskArns ?? []));
      }
      if (arns.length === 0) return undefined;
      const task = (await describe(arns)).find((one) => attemptOf(one) === String(attempt));
      return task && refOf(task);
    },

    inspect: async ({ arn }) => {
      const [task] = await describe([arn]);
      if (!task) return undefined;
      const facts = factsOf(task);
      return facts.state === 'stopped' && facts.exitCode === OVERDUE ? withDeadline(facts) : facts;
    },

    stop: async ({ arn }, { reason }) => {
      const { StopTaskCommand } = await import('@aws-sdk/client-ecs');
      const client = await options.client();
      try {
        const command = new StopTaskCommand({ cluster, task: arn, reason: reason.slice(0, 255) });
        await patiently(() => client.send(command), pause);
      } catch (error) {
        // ECS has forgotten a task that stopped long ago.
        if (!/task was not found/i.test((error as Error).message)) throw error;
      }
    },

    ...(settings.enableAttach && {
      attach: async ({ arn }: TaskRef, query: { readonly command?: string; readonly sentinel: string }) => {
        const [task] = await describe([arn]);
        return attachTo(await options.client(), cluster, task, query);
      },
    }),
  };

  /** The one exit code that may mean two things: the log says which. Until it does, nobody knows how the task ended. */
  async function withDeadline(facts: TaskFacts): Promise<TaskFacts> {
    const stream = facts.task.logs?.find((name) => name.startsWith(`${containers.logPrefix}/${containers.runner}/`));
    const mark = await options.endMark(stream ?? '').catch(() => undefined);
    if (mark && !mark.overdue) return facts;
    if (!mark && clock.nowMs() - (facts.stoppedAtMs ?? 0) < markPatienceMs) {
      const { exitCode: _exitCode, reasonCode: _code, reason: _reason, stoppedAtMs: _stopped, ...seen } = facts;
      return { ...seen, state: 'running' };
    }
    return { ...facts, reasonCode: 'timeout', reason: 'It was stopped at its time limit.' };
  }
}

const attemptVariable = 'HAWSER_EXEC_ATTEMPT';

function attemptOf(task: Task): string | undefined {
  const environment = task.overrides?.containerOverrides?.find(({ name }) => name === containers.init)?.environment;
  return environment?.find(({ name }) => name === attemptVariable)?.value;
}

function sizeOf(
  job: Job,
  settings: EcsRunnerOptions['settings'],
): { readonly cpu: number; readonly memory: number } | undefined {
  if (job.cpu === undefined && job.memory === undefined) return { cpu: settings.taskCpu, memory: settings.taskMemory };
  return fargateSize(job);
}

function refused(words: string): StartFailure {
  const { code, reason, retryable } = classifyRefusal(words);
  return { failed: true, reasonCode: code, reason, retryable };
}
