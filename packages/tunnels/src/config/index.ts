export type { Complaint } from './complaint.js';
export { type FlagForm, opensToNetwork, type RemoteForm, tunnelsFromFlags } from './flag-form.js';
export {
  distrustTunnels,
  loadTunnels,
  type LoadedTunnels,
  pickSet,
  trustTunnels,
  type TrustedFile,
  type TunnelSet,
} from './load.js';
export type { PlaceOptions } from './places.js';
export { type Schema, tunnelsSchema } from './schema.js';
export { allowedSshOptions } from './untrusted.js';
export { isLoopback, readTarget } from './values.js';
