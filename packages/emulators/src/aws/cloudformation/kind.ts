import type { Value } from './template.js';

/** Properties of a resource, all functions worked out. */
export type Properties = Readonly<Record<string, Value>>;

/** A resource that exists. */
export interface Made {
  /** Its physical id, which Ref answers unless `ref` is there. */
  readonly id: string;
  readonly ref?: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** For whom a resource is made. */
export interface Order {
  readonly logicalId: string;
  readonly stackName: string;
  readonly properties: Properties;
  /** A name that nothing else has, of the stack's and the resource's. */
  name(): string;
  /** Random hexadecimal digits. */
  hex(digits: number): string;
}

/** One type of resource: how it is made, changed and removed. */
export interface Kind {
  /** Properties whose change needs a new resource; with `update` missing every change does. */
  readonly replaces: readonly string[];
  create(order: Order): Made | Promise<Made>;
  update?(order: Order, made: Made): Made | Promise<Made>;
  /** What is gone already is no failure. */
  remove(made: Made, properties: Properties): void | Promise<void>;
}
