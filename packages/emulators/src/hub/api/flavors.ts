import { Refusal } from '../http/answer.js';

/** A kind of machine, as `GET /api/spaces/hardware` tells it. */
export interface Flavor {
  readonly name: string;
  readonly prettyName: string;
  readonly cpu: string;
  readonly ram: string;
  readonly ephemeralStorage: string;
  readonly accelerator: Readonly<Record<'type' | 'model' | 'quantity' | 'vram' | 'manufacturer', string>> | null;
  readonly unitCostMicroUSD: number;
  readonly unitCostUSD: number;
  readonly unitLabel: string;
}

/** Flavours by the names official clients know. The prices are not the Hub's. */
export const flavors: readonly Flavor[] = [
  cpu('cpu-basic', 'CPU basic', 2, 16, 0),
  cpu('cpu-upgrade', 'CPU upgrade', 8, 32, 500),
  gpu('zero-a10g', 'ZeroGPU', 16, 128, ['H200', 1, 70]),
  gpu('t4-small', 'Nvidia T4 small', 4, 15, ['T4', 1, 16]),
  gpu('t4-medium', 'Nvidia T4 medium', 8, 30, ['T4', 1, 16]),
  gpu('l4x1', '1x Nvidia L4', 8, 30, ['L4', 1, 24]),
  gpu('l4x4', '4x Nvidia L4', 48, 186, ['L4', 4, 96]),
  gpu('l40sx1', '1x Nvidia L40S', 8, 62, ['L40S', 1, 48]),
  gpu('l40sx4', '4x Nvidia L40S', 48, 382, ['L40S', 4, 192]),
  gpu('l40sx8', '8x Nvidia L40S', 192, 1534, ['L40S', 8, 384]),
  gpu('a10g-small', 'Nvidia A10G small', 4, 15, ['A10G', 1, 24]),
  gpu('a10g-large', 'Nvidia A10G large', 12, 46, ['A10G', 1, 24]),
  gpu('a10g-largex2', '2x Nvidia A10G large', 24, 92, ['A10G', 2, 48]),
  gpu('a10g-largex4', '4x Nvidia A10G large', 48, 184, ['A10G', 4, 96]),
  gpu('a100-large', 'Nvidia A100 large', 12, 142, ['A100', 1, 80]),
  gpu('a100x4', '4x Nvidia A100', 48, 568, ['A100', 4, 320]),
  gpu('a100x8', '8x Nvidia A100', 96, 1136, ['A100', 8, 640]),
];

/** The name of a flavour there is, or 400. */
export function requireFlavor(name: string): string {
  if (flavors.some((flavor) => flavor.name === name)) return name;
  throw new Refusal(400, `"${name}" is no hardware: there is ${flavors.map((flavor) => flavor.name).join(', ')}.`);
}

function cpu(name: string, prettyName: string, cores: number, gigabytes: number, costMicroUsd: number): Flavor {
  return {
    name,
    prettyName,
    cpu: `${cores} vCPU`,
    ram: `${gigabytes} GB`,
    ephemeralStorage: '50 GB',
    accelerator: null,
    unitCostMicroUSD: costMicroUsd,
    unitCostUSD: costMicroUsd / 1e6,
    unitLabel: 'minute',
  };
}

function gpu(
  name: string,
  prettyName: string,
  cores: number,
  gigabytes: number,
  [model, quantity, vram]: readonly [model: string, quantity: number, vram: number],
): Flavor {
  return {
    ...cpu(name, prettyName, cores, gigabytes, 10_000 * quantity),
    accelerator: { type: 'gpu', model, quantity: String(quantity), vram: `${vram} GB`, manufacturer: 'Nvidia' },
  };
}
