import { Refusal } from '../http/answer.js';

/** A kind of machine, as `GET /api/spaces/hardware` tells it. */
export interface Flavor {
  readonly name: string;
  readonly prettyName: string;
  readonly cpu: string;
  readonly ram: string;
  readonly accelerator: { readonly type: string; readonly model: string; readonly quantity: string } | null;
  readonly unitCostMicroUSD: number;
  readonly unitLabel: string;
}

const gpu = (name: string, prettyName: string, cpu: string, ram: string, model: string, quantity: number): Flavor => ({
  name,
  prettyName,
  cpu,
  ram,
  accelerator: { type: 'gpu', model, quantity: String(quantity) },
  unitCostMicroUSD: 10_000 * quantity,
  unitLabel: 'minute',
});

/** Flavours by the names official clients know. The prices are not the Hub's. */
export const flavors: readonly Flavor[] = [
  {
    name: 'cpu-basic',
    prettyName: 'CPU basic',
    cpu: '2 vCPU',
    ram: '16 GB',
    accelerator: null,
    unitCostMicroUSD: 0,
    unitLabel: 'minute',
  },
  {
    name: 'cpu-upgrade',
    prettyName: 'CPU upgrade',
    cpu: '8 vCPU',
    ram: '32 GB',
    accelerator: null,
    unitCostMicroUSD: 500,
    unitLabel: 'minute',
  },
  gpu('zero-a10g', 'ZeroGPU', '16 vCPU', '128 GB', 'H200', 1),
  gpu('t4-small', 'Nvidia T4 small', '4 vCPU', '15 GB', 'T4', 1),
  gpu('t4-medium', 'Nvidia T4 medium', '8 vCPU', '30 GB', 'T4', 1),
  gpu('l4x1', '1x Nvidia L4', '8 vCPU', '30 GB', 'L4', 1),
  gpu('l4x4', '4x Nvidia L4', '48 vCPU', '186 GB', 'L4', 4),
  gpu('l40sx1', '1x Nvidia L40S', '8 vCPU', '62 GB', 'L40S', 1),
  gpu('l40sx4', '4x Nvidia L40S', '48 vCPU', '382 GB', 'L40S', 4),
  gpu('l40sx8', '8x Nvidia L40S', '192 vCPU', '1534 GB', 'L40S', 8),
  gpu('a10g-small', 'Nvidia A10G small', '4 vCPU', '15 GB', 'A10G', 1),
  gpu('a10g-large', 'Nvidia A10G large', '12 vCPU', '46 GB', 'A10G', 1),
  gpu('a10g-largex2', '2x Nvidia A10G large', '24 vCPU', '92 GB', 'A10G', 2),
  gpu('a10g-largex4', '4x Nvidia A10G large', '48 vCPU', '184 GB', 'A10G', 4),
  gpu('a100-large', 'Nvidia A100 large', '12 vCPU', '142 GB', 'A100', 1),
  gpu('a100x4', '4x Nvidia A100', '48 vCPU', '568 GB', 'A100', 4),
  gpu('a100x8', '8x Nvidia A100', '96 vCPU', '1136 GB', 'A100', 8),
];

/** The name of a flavour there is, or 400. */
export function requireFlavor(name: string): string {
  if (flavors.some((flavor) => flavor.name === name)) return name;
  throw new Refusal(400, `"${name}" is no hardware: there is ${flavors.map((flavor) => flavor.name).join(', ')}.`);
}
