import { awsFlags, HawserCommand } from '@hawser/cli-kit';
import type { Result, Work } from '@hawser/cli-kit';

export default class Doctor extends HawserCommand<typeof Doctor, { checks: string[] }> {
  static override summary = 'Check what Hawser needs on this machine.';
  static override flags = { ...awsFlags };

  protected async work({ aws }: Work<typeof Doctor>): Promise<Result<{ checks: string[] }>> {
    return { data: { checks: [] }, text: JSON.stringify(aws) };
  }
}
