export { startKubeEmulator } from './start.js';
export { EmulatorError, type EmulatorErrorCode } from '../errors.js';
export type {
  ForwardProtocol,
  KubeEmulator,
  KubeEmulatorOptions,
  KubeFault,
  KubeImage,
  KubeObject,
  KubePods,
  KubeRunOptions,
  PodName,
} from './types.js';
