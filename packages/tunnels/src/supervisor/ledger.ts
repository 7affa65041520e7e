import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildRecord } from '../providers/provider.js';

const LEDGER = 'children.jsonl';
/** The ledger is written anew when it has this many lines more than there are children. */
const SLACK = 64;

/** The children of one supervisor, each written down before it is used, so that others can end them. */
export class Ledger {
  readonly #path: string;
  readonly #children = new Set<ChildRecord>();
  #lines = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#path = join(folder, LEDGER);
  }

  /** Settles when the child is on record. */
  add(child: ChildRecord): Promise<void> {
    this.#children.add(child);
    return this.#inTurn(async () => {
      await appendFile(this.#path, `${JSON.stringify(child)}\n`, { mode: 0o600 });
      this.#lines += 1;
    });
  }

  /** Forgets children that are gone. */
  async forget(children: readonly ChildRecord[]): Promise<void> {
    for (const child of children) this.#children.delete(child);
    if (this.#lines <= this.#children.size + SLACK) return;
    await this.#inTurn(async () => {
      const kept = [...this.#children];
      const text = kept.map((child) => `${JSON.stringify(child)}\n`).join('');
      await writeFile(`${this.#path}.new`, text, { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
      this.#lines = kept.length;
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** The children in a supervisor's folder. A last line cut off by a crash belongs to a child that was never used. */
export async function readLedger(folder: string): Promise<readonly ChildRecord[]> {
  const text = await readFile(join(folder, LEDGER), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as ChildRecord];
    } catch {
      return [];
    }
  });
}
