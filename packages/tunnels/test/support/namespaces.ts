import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Three machines in a row, each a network namespace: `near` – `middle` – `far`. The middle one passes nothing on. */
export class Namespaces implements Disposable {
  readonly #ip: string;
  readonly #tag: string = `hs${process.pid % 100_000}`;

  constructor(ip: string) {
    this.#ip = ip;
    try {
      for (const machine of ['near', 'middle', 'far'] as const) {
        this.#run('netns', 'add', this.name(machine));
        this.#run('-n', this.name(machine), 'link', 'set', 'lo', 'up');
      }
      this.#cable('near', '10.213.1.1', 'middle', '10.213.1.2');
      this.#cable('middle', '10.213.2.1', 'far', '10.213.2.2');
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Whether this machine lets us make any. */
  static areAllowed(ip: string): boolean {
    const name = `hs${process.pid % 100_000}try`;
    try {
      execFileSync(ip, ['netns', 'add', name], { stdio: 'ignore' });
      execFileSync(ip, ['netns', 'del', name], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }

  name(machine: 'near' | 'middle' | 'far'): string {
    return `${this.#tag}${machine}`;
  }

  /** Words before a command that make it run there. */
  prefix(machine: 'near' | 'middle' | 'far'): readonly string[] {
    return [this.#ip, 'netns', 'exec', this.name(machine)];
  }

  /** A program that runs another one there, in the same process. */
  wrap(machine: 'near' | 'middle' | 'far', program: string, directory: string): string {
    const path = join(directory, `in-${machine}`);
    writeFileSync(path, `#!/bin/sh\nexec ${this.prefix(machine).join(' ')} ${program} "$@"\n`, { mode: 0o700 });
    return path;
  }

  /** Pulls the cable of the near machine, or puts it back. */
  cable(state: 'up' | 'down'): void {
    this.#run('-n', this.name('near'), 'link', 'set', 'near0', state);
  }

  /** The middle machine's packets to the near one vanish, or not any more. */
  blackHole(state: 'add' | 'del'): void {
    this.#run('-n', this.name('middle'), 'route', state, 'blackhole', '10.213.1.1/32');
  }

  [Symbol.dispose](): void {
    for (const machine of ['near', 'middle', 'far'] as const) {
      try {
        this.#run('netns', 'del', this.name(machine));
      } catch {
        // It was not made.
      }
    }
  }

  #cable(one: 'near' | 'middle', address: string, other: 'middle' | 'far', otherAddress: string): void {
    const [a, b] = [`${one}0`, `${other}1`];
    this.#run('link', 'add', a, 'netns', this.name(one), 'type', 'veth', 'peer', 'name', b, 'netns', this.name(other));
    this.#run('-n', this.name(one), 'address', 'add', `${address}/24`, 'dev', a);
    this.#run('-n', this.name(other), 'address', 'add', `${otherAddress}/24`, 'dev', b);
    this.#run('-n', this.name(one), 'link', 'set', a, 'up');
    this.#run('-n', this.name(other), 'link', 'set', b, 'up');
  }

  #run(...args: readonly string[]): void {
    execFileSync(this.#ip, [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
