import type { World } from '../world.js';
import type { Kind } from './kind.js';
import type { ParameterValues } from './parameters.js';
import type { Template } from './template.js';

/** What stacks are built with. */
export interface EngineSetup {
  readonly world: World;
  readonly kinds: Readonly<Record<string, Kind>>;
  /** Leads addresses of AWS to the emulator. */
  localize(text: string): string;
}

/** What a stack is to become. */
export interface Target {
  readonly template: Template;
  readonly parameters: ParameterValues;
  readonly tags: readonly unknown[];
  readonly capabilities: readonly string[];
  readonly token: string | undefined;
}
