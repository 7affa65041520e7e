// What each package costs whoever installs it, and how much it may: bench/size/budget.json. A package that outgrows its
// budget is a decision for a person, who writes down the new one.
import { readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { inventory } from './inventory.mjs';
import { readText, workspacePackages } from './workspace.mjs';

export const budgetFile = 'bench/size/budget.json';

/** Of each tarball, by package: KiB packed and unpacked, dependencies named and all that come along, ours among them. */
export function measureSizes(tarballs) {
  return Object.entries(tarballs).map(([name, tarball]) => {
    const { manifest } = workspacePackages().find((candidate) => candidate.name === name) ?? { manifest: {} };
    return {
      name,
      packedKib: statSync(tarball).size / 1024,
      unpackedKib: gunzipSync(readFileSync(tarball)).length / 1024,
      direct: Object.keys(manifest.dependencies ?? {}).length,
      all: inventory(name, { withBundled: false }).found.size,
    };
  });
}

/** What is over its budget, or has none, as sentences. */
export function overBudget(sizes) {
  const budgets = JSON.parse(readText(budgetFile));
  return sizes.flatMap(({ name, unpackedKib, all }) => {
    const budget = budgets[name];
    if (!budget) return [`${name} has no budget in ${budgetFile}`];
    return [
      ...(unpackedKib > budget.unpackedKib
        ? [`${name} unpacks to ${Math.ceil(unpackedKib)} KiB, and may to ${budget.unpackedKib} (${budgetFile})`]
        : []),
      ...(all > budget.dependencies
        ? [`${name} brings ${all} packages along, and may ${budget.dependencies} (${budgetFile})`]
        : []),
    ];
  });
}
