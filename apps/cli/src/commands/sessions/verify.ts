import Verify from '../verify.js';

export default class SessionsVerify extends Verify {
  static override summary = 'Check the transcript of a session, offline: another name of hawser verify.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> session.transcript',
    '<%= config.bin %> <%= command.id %> session.transcript --public-key jwks.json',
  ];

  protected override readonly expected = 'transcript';
}
