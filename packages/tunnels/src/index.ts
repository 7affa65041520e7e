export { type DiagnoseTunnelOptions, diagnose } from './diagnose/diagnose.js';
export { type JsonValue, TunnelsError, type TunnelsErrorCode, type TunnelsErrorRow, tunnelsErrors } from './errors.js';
export { LinkError, type LinkCause, type LinkFailure } from './link/failure.js';
export type {
  ChildRecord,
  DiagnoseOptions,
  Forwarding,
  Hop,
  Link,
  LinkDescription,
  OpenLinkOptions,
  Provider,
} from './providers/provider.js';
export type { SshKeepalive } from './providers/ssh-argv.js';
export { authenticate } from './providers/ssh-hand-over.js';
export type { SshProviderOptions } from './providers/ssh-settings.js';
export { createSshProvider } from './providers/ssh.js';
export { createKubeProvider, type KubeProviderOptions } from './providers/kube.js';
export { createSsmProvider, type SsmProviderOptions } from './providers/ssm.js';
export { runProbe } from './probe/index.js';
export { DEFAULT_SETTLE_MS, type ProbeResult, type RunProbe } from './probe/probe.js';
export type {
  ChainVia,
  DirectVia,
  HostTarget,
  KubeVia,
  LocalAddress,
  OnPortConflict,
  PluginVia,
  ProbeSpec,
  SocketTarget,
  SshVia,
  SsmVia,
  Target,
  TunnelSpec,
  Via,
  ViaKind,
} from './spec.js';
export type { LinkState, SupervisorStatus, TunnelEvent, TunnelStatus } from './status.js';
export type {
  ConnectOptions,
  NetDocument,
  Providers,
  SupervisorClient,
  TunnelSelector,
  WaitFor,
} from './supervisor/seam.js';
