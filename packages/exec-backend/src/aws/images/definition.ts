import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { canonicalJson } from '@hawser/receipts';
import { sha256 } from '../../core/digest.js';
import { initScript, runScript } from '../../scripts/texts.js';
import { containers, familyOf, type ServiceSettings } from '../names.js';

/** What a task definition is made for. Size, role and disk of a task are no part of it: RunTask overrides them. */
export interface DefinitionKey {
  readonly image: string;
  readonly architecture: 'X86_64' | 'ARM64';
  /** The image's own entry point, when commands are to be given to that. */
  readonly entryPoint?: readonly string[];
}

/** Where everything of a stack's task definitions comes from. */
export interface DefinitionSettings extends Pick<
  ServiceSettings,
  'stack' | 'logGroup' | 'initImage' | 'shellImage' | 'taskCpu' | 'taskMemory' | 'executionRoleArn' | 'taskRoleArn'
> {
  readonly region: string;
  /** Where tasks reach the service. */
  readonly endpoint: string;
}

/** Seconds between TERM and KILL when a task is stopped: Fargate's most. @see StopTask */
const stopTimeout = 120;

/**
 * The task definition for an image, and the hash of all that it says; the family follows from the hash.
 *
 * Three containers, one behind the other: `shell` copies a static busybox to a shared volume, `init` takes the payload
 * and clones, `runner` is the image, whose entry point is run.sh under that busybox. So an image needs neither shell nor
 * git nor root. Logs block rather than drop lines, which is not ECS's default.
 */
export function taskDefinitionFor(
  key: DefinitionKey,
  settings: DefinitionSettings,
): { readonly sha256: string; readonly input: RegisterTaskDefinitionCommandInput } {
  const exec = { sourceVolume: 'exec', containerPath: '/exec' };
  const workspace = { sourceVolume: 'workspace', containerPath: '/workspace' };
  const logConfiguration = {
    logDriver: 'awslogs' as const,
    options: {
      'awslogs-group': settings.logGroup,
      'awslogs-region': settings.region,
      'awslogs-stream-prefix': containers.logPrefix,
      mode: 'blocking',
    },
  };
  const content = {
    networkMode: 'awsvpc' as const,
    requiresCompatibilities: ['FARGATE' as const],
    cpu: String(settings.taskCpu),
    memory: String(settings.taskMemory),
    runtimePlatform: { cpuArchitecture: key.architecture, operatingSystemFamily: 'LINUX' as const },
    executionRoleArn: settings.executionRoleArn,
    taskRoleArn: settings.taskRoleArn,
    volumes: [{ name: 'exec' }, { name: 'workspace' }],
    containerDefinitions: [
      {
        name: containers.shell,
        image: settings.shellImage,
        essential: false,
        user: '0',
        entryPoint: ['/bin/busybox', 'sh', '-c'],
        command: ['/bin/busybox mkdir -p /exec/bin && /bin/busybox cp /bin/busybox /exec/bin/busybox'],
        mountPoints: [exec],
        logConfiguration,
      },
      {
        name: containers.init,
        image: settings.initImage,
        essential: false,
        user: '0',
        dependsOn: [{ containerName: containers.shell, condition: 'SUCCESS' as const }],
        entryPoint: ['/bin/sh', '-c'],
        command: [initScript],
        environment: [
          { name: 'HAWSER_ENDPOINT', value: settings.endpoint },
          { name: 'HAWSER_IMAGE', value: key.image },
          { name: 'HAWSER_RUN_SH', value: runScript },
        ],
        mountPoints: [exec, workspace],
        logConfiguration,
      },
      {
        name: containers.runner,
        image: key.image,
        essential: true,
        dependsOn: [{ containerName: containers.init, condition: 'SUCCESS' as const }],
        entryPoint: ['/exec/bin/busybox', 'sh', '/exec/run.sh', ...(key.entryPoint ?? [])],
        stopTimeout,
        linuxParameters: { initProcessEnabled: true },
        mountPoints: [exec, workspace],
        logConfiguration,
      },
    ],
  };
  const hash = sha256(canonicalJson(content));
  return { sha256: hash, input: { family: familyOf(settings.stack, hash), ...content } };
}
