import { inspect } from 'node:util';

/** What stands where a secret was. */
export const redacted = '[redacted]';

/**
 * A value known to be secret. Printing, inspecting, joining or serialising it shows `[redacted]`; only `reveal()`
 * gives it out, at the one place that needs it.
 */
export class Secret {
  readonly #value: string;

  static {
    Object.defineProperty(this.prototype, inspect.custom, { value: () => redacted });
  }

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }
}
