/** A digest that grows with the bytes. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** The digest of everything so far, as the tools print it; more may follow. */
  value(): string;
}
