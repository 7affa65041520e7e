import { loadTunnels } from '@hawser/tunnels/config';
import { places } from '../net/specs.js';

/** Whether tunnels.yaml, the project's or the person's own, has a set of that name. */
export async function hasTunnelSet(name: string): Promise<boolean> {
  const { sets } = await loadTunnels(places());
  return sets.some((set) => set.name === name);
}
