import { HawserCommand, type Result, type Work } from '@hawser/cli-kit';
import type { StackStatus } from '../../local/status.js';

export default class LocalStatus extends HawserCommand<typeof LocalStatus, StackStatus> {
  static override summary = 'Show whether the parts of hawser local answer, and where.';
  static override description = 'Ends with 1 unless the stack is up and all of its parts answer.';
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  protected async work({ out, signal }: Work<typeof LocalStatus>): Promise<Result<StackStatus>> {
    const { stackPlaces } = await import('../../local/places.js');
    const { statusOfStack } = await import('../../local/status.js');
    const data = await statusOfStack(stackPlaces(this.config), signal);
    const text = async (): Promise<string> => {
      const { renderStatus } = await import('../../render/local/status.js');
      return renderStatus(data, await out.style());
    };
    return { data, text, exitCode: data.state === 'up' ? 0 : 1 };
  }
}
