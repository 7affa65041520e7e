import { isRecord } from '../http/call.js';
import { Refusal } from '../http/answer.js';

/** One line of a commit. */
export interface Line {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Reads lines as they come, so that no more than the longest of them is held. The last needs no newline. */
export async function* readLines(bytes: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<Line> {
  let held: Buffer[] = [];
  let size = 0;
  let number = 0;
  const take = (): Line | undefined => {
    number += 1;
    const text = Buffer.concat(held).toString();
    held = [];
    size = 0;
    return text.trim() === '' ? undefined : parse(text, number);
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      held.push(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line) yield line;
    }
    held.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > maxLineBytes)
      throw new Refusal(413, `Line ${number + 1} of the commit is longer than ${maxLineBytes} bytes.`);
  }
  const line = take();
  if (line) yield line;
}

function parse(text: string, number: number): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, `Line ${number} of the commit is not JSON.`);
  }
  if (isRecord(value) && typeof value['key'] === 'string' && isRecord(value['value']))
    return { key: value['key'], value: value['value'] };
  throw new Refusal(400, `Line ${number} of the commit has no key and value.`);
}
