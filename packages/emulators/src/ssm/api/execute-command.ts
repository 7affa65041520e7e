import type { SessionGrant, Sessions } from '../sessions.js';
import { AwsError } from './aws-error.js';
import type { readMembers } from './operation.js';

/** What `ExecuteCommand` of ECS names a container by. */
export interface ExecContainer {
  readonly name: string;
  readonly arn: string;
  readonly runtimeId: string;
}

const invalid = 'InvalidParameterException';

/** @throws AwsError InvalidParameterException, unless the call asks for an interactive session */
export function requireInteractive(members: ReturnType<typeof readMembers>): void {
  if (members.optionalBoolean('interactive') === true) return;
  throw new AwsError(invalid, 'Interactive is the only mode supported currently.');
}

/**
 * The container that is meant; the name may be left out where there is one.
 *
 * @throws AwsError InvalidParameterException
 */
export function chooseContainer<Container>(
  containers: readonly Container[],
  name: string | undefined,
  nameOf: (container: Container) => string,
): Container {
  const container =
    name === undefined && containers.length === 1 ? containers[0] : containers.find((one) => nameOf(one) === name);
  if (container !== undefined) return container;
  throw new AwsError(
    invalid,
    name === undefined
      ? 'A container name is required: the task has more than one container.'
      : 'The specified container was not found in the task.',
  );
}

/** Starts the session and answers as ECS does. @throws AwsError as {@link Sessions.start} */
export function executeCommand(
  sessions: Sessions,
  wanted: {
    readonly clusterArn: string;
    readonly taskArn: string;
    readonly container: ExecContainer;
    readonly command: string;
  },
): Readonly<Record<string, unknown>> & { readonly session: SessionGrant } {
  const { clusterArn, taskArn, container } = wanted;
  const last = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
  const session = sessions.start({
    target: `ecs:${last(clusterArn)}_${last(taskArn)}_${container.runtimeId}`,
    documentName: 'AmazonECS-ExecuteInteractiveCommand',
    parameters: { command: [wanted.command] },
    idPrefix: 'ecs-execute-command',
  });
  return {
    clusterArn,
    taskArn,
    containerArn: container.arn,
    containerName: container.name,
    interactive: true,
    session,
  };
}
