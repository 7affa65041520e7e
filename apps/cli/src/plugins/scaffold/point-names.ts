import type { ExtensionPoints } from '@hawser/cli-kit';

/** Every extension point; the type holds it to be all of them. */
const points: Readonly<Record<keyof ExtensionPoints, true>> = {
  'doctor-check': true,
  'exec-runner': true,
  'hf-rule': true,
  'hf-template': true,
  'receipt-verifier': true,
  'session-source': true,
  'tunnel-provider': true,
};

/** Names of the extension points, in their order. */
export const pointNames: readonly (keyof ExtensionPoints)[] = Object.keys(points) as (keyof ExtensionPoints)[];
