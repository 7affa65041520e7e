/** 128 random bits in hex. randomUUID would be simpler, but browsers have it only where the page came over TLS. */
export function randomName(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
