/**
 * Puts a prefix in front of every batch that begins a line: in front of the first, and of each one whose predecessor
 * ended with a newline.
 *
 * @see amazon-ssm-agent agent/session/shell/shell.go (setupRoutineToWriteCmdPipelineOutput)
 */
export function createPrefix(prefix: string): (batch: Buffer) => Buffer {
  if (prefix === '') return (batch) => batch;
  const mark = Buffer.from(prefix);
  let needed = true;
  return (batch) => {
    const marked = needed ? Buffer.concat([mark, batch]) : batch;
    needed = batch.at(-1) === 0x0a;
    return marked;
  };
}
