/**
 * Writes an argument list as the one string that NonInteractive and Interactive command documents take.
 * The agent splits it by shell rules and starts it without a shell
 * (amazon-ssm-agent agent/session/plugins/noninteractivecommands); single quotes keep every byte.
 */
export function quoteCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(' ');
}
