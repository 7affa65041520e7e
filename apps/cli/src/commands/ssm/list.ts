import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';
import type { ManagedNode } from '@hawser/ssm-channel/aws';

interface Nodes {
  readonly nodes: readonly ManagedNode[];
}

export default class SsmList extends HawserCommand<typeof SsmList, Nodes> {
  static override summary = 'List managed nodes, and whether they can be reached.';
  static override aliases = ['ssm:ls'];
  static override flags = { ...awsFlags };
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work({ aws, out, signal }: Work<typeof SsmList>): Promise<Result<Nodes>> {
    const nodes = await (await aws.api()).describeInstances({}, { signal });
    return {
      data: { nodes },
      text: async () => {
        const { renderNodes } = await import('../../render/ssm/nodes.js');
        return renderNodes(nodes, out);
      },
    };
  }
}
