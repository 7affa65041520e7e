import type { ECSClient } from '@aws-sdk/client-ecs';
import type { Store } from '../../ports.js';
import { patiently, type Pause, pauseByClock } from '../patience.js';
import { type DefinitionKey, type DefinitionSettings, taskDefinitionFor } from './definition.js';

/** Hash of a definition's content → what AWS calls it. */
const definitionPartition = 'TASKDEF';

interface Known {
  readonly arn: string;
  readonly image: string;
}

/** Task definitions by image, registered when they are first wanted: ECS lets an account register one per second. */
export interface TaskDefinitions {
  /** The ARN for a key. `notThisOne`: an ARN that ECS says is not active any more, so it is registered anew. */
  ensure(key: DefinitionKey, notThisOne?: string): Promise<string>;
}

/** How definitions are reached. */
export interface TaskDefinitionsOptions {
  readonly store: Store;
  readonly client: () => Promise<ECSClient>;
  readonly settings: () => Promise<DefinitionSettings>;
  readonly pause?: Pause;
}

/** Definitions over the stack's table, so that all instances of the service know what one has registered. */
export function createTaskDefinitions(options: TaskDefinitionsOptions): TaskDefinitions {
  const { store, pause = pauseByClock } = options;
  const remembered = new Map<string, string>();

  return {
    ensure: async (key, notThisOne) => {
      const { sha256, input } = taskDefinitionFor(key, await options.settings());
      const mine = remembered.get(sha256);
      if (mine !== undefined && mine !== notThisOne) return mine;
      const row = await store.get<Known>(definitionPartition, sha256);
      if (row && row.data.arn !== notThisOne) {
        remembered.set(sha256, row.data.arn);
        return row.data.arn;
      }
      const { RegisterTaskDefinitionCommand } = await import('@aws-sdk/client-ecs');
      const client = await options.client();
      const { taskDefinition } = await patiently(() => client.send(new RegisterTaskDefinitionCommand(input)), pause);
      const arn = taskDefinition?.taskDefinitionArn ?? '';
      // Two may have registered at once. Both definitions are good; the one that is written down is used from then on.
      await store.put<Known>(
        { partition: definitionPartition, key: sha256, data: { arn, image: key.image } },
        row?.version ?? 0,
      );
      remembered.set(sha256, arn);
      return arn;
    },
  };
}
