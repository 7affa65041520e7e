/** A pod whose ports are asked for. */
export interface ForwardedPod {
  readonly namespace: string;
  readonly name: string;
}
