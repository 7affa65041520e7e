import type { BackendPorts } from '../ports.js';
import type { Held, Records } from './records.js';

/** Does what is left to do for executions that ended. */
export class Finisher {
  readonly #ports: BackendPorts;
  readonly #records: Records;

  constructor(ports: BackendPorts, records: Records) {
    this.#ports = ports;
    this.#records = records;
  }

  /** Everything in it may be repeated; what cannot be done yet is done at the next look. */
  async finish(held: Held): Promise<void> {
    const { id } = held.execution;
    await this.#records.change(id, (execution) => (execution.settled ? undefined : { ...execution, settled: true }));
    await this.#records.settle(id);
    void this.#ports;
  }
}
