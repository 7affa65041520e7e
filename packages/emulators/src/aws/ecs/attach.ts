import { createRandom } from '../../seed.js';
import type { HttpServerOptions, HttpRequest } from '../../http/server.js';
import type { SigningFault } from '../../http/sigv4.js';
import { AwsError } from '../../ssm/api/aws-error.js';
import { chooseContainer, executeCommand, requireInteractive } from '../../ssm/api/execute-command.js';
import { readMembers, type Input } from '../../ssm/api/operation.js';
import { standardDocuments } from '../../ssm/documents.js';
import { createGateway } from '../../ssm/gateway/gateway.js';
import { createKeyService } from '../../ssm/kms.js';
import { createSessions } from '../../ssm/sessions.js';
import type { JsonService } from '../wire/service.js';
import type { World } from '../world.js';
import type { Task, TaskContainer } from './task.js';

/** Sessions into containers. */
export interface Attach {
  /** ExecuteCommand. @throws AwsError */
  execute(task: Task, input: Input): Readonly<Record<string, unknown>>;
  /** What Systems Manager answers about sessions that were begun here. */
  readonly operations: JsonService['operations'];
  readonly upgrade: HttpServerOptions['upgrade'];
  close(): Promise<void>;
}

const invalid = 'InvalidParameterException';
const idleTimeoutMs = 20 * 60_000;

/** Makes the way into containers: the Session Manager emulator's gateway and agents, whose shells are in the task. */
export function createAttach(setup: {
  readonly world: World;
  find(target: string): TaskContainer | undefined;
  judge(request: HttpRequest): 'none' | 'valid' | SigningFault;
}): Attach {
  const { world } = setup;
  const isRunning = (container: TaskContainer | undefined): container is TaskContainer =>
    container?.lastStatus === 'RUNNING' && container.running !== undefined;
  const sessions = createSessions({
    inventory: {
      accountId: world.accountId,
      find: (id) => (isRunning(setup.find(id)) ? { id, online: true } : undefined),
    },
    documents: new Map(standardDocuments.map((document) => [document.name, document])),
    behaviour: {
      version: '3.3.4851.0',
      paced: false,
      payloadBytes: 32_768,
      checkDigests: true,
      forbiddenHosts: [],
      maxInputPayloadBytes: Number.POSITIVE_INFINITY,
      quirks: true,
      handshakeTimeoutMs: 15_000,
      closeWaitMs: 2000,
      kms: undefined,
      enter: ({ target }, command) => setup.find(target)!.running!.enter(command),
    },
    keys: createKeyService([]),
    chaos: undefined,
    random: createRandom('sessions'),
    idleTimeoutMs,
    gatewayUrl: () => world.endpoint().replace('http', 'ws'),
    date: Date.now,
  });
  const gateway = createGateway({
    options: {},
    find: (sessionId) => sessions.find(sessionId),
    judge: (request) => setup.judge(request),
    refusal: (_request, judged) => (typeof judged === 'string' ? undefined : judged),
  });
  return {
    upgrade: (request, raw, socket, head) => gateway.upgrade(request, raw, socket, head),
    close: () => sessions.dispose(),
    operations: {
      ResumeSession: (input) => {
        const sessionId = readMembers(input).text('SessionId');
        const grant = sessions.resume(sessionId);
        // The service answers without a token when a session is over.
        if (grant === undefined) return { SessionId: sessionId };
        return { SessionId: grant.sessionId, StreamUrl: grant.streamUrl, TokenValue: grant.tokenValue };
      },
      TerminateSession: (input) => {
        const sessionId = readMembers(input).text('SessionId');
        sessions.terminate(sessionId);
        return { SessionId: sessionId };
      },
    },
    execute: (task, input) => {
      const members = readMembers(input, invalid);
      const command = members.text('command');
      requireInteractive(members);
      if (task.input['enableExecuteCommand'] !== true) {
        throw new AwsError(
          invalid,
          'The execute command failed because execute command was not enabled when the task was run or the execute ' +
            'command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.',
        );
      }
      const container = chooseContainer(
        task.containers,
        members.optionalText('container'),
        ({ definition }) => definition.name,
      );
      if (!isRunning(container)) {
        throw new AwsError(
          'TargetNotConnectedException',
          'The execute command failed due to an internal error. Try again later.',
        );
      }
      const { arn, runtimeId, definition } = container;
      return executeCommand(sessions, {
        clusterArn: task.clusterArn,
        taskArn: task.arn,
        container: { name: definition.name, arn, runtimeId },
        command,
      });
    },
  };
}
