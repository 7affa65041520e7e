export { currentProcess, identifyProcess, type ProcessIdentity } from './identity.js';
export { isAlive, livenessOf, type Liveness } from './liveness.js';
