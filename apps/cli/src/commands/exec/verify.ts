import Verify from '../verify.js';

export default class ExecVerify extends Verify {
  static override summary = 'Check the receipt of an execution, offline: another name of hawser verify.';
  static override examples = ['<%= config.bin %> <%= command.id %> receipt.json'];

  protected override readonly expected = 'receipt';
}
