import type { EmulatedImage } from '../types.js';

const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;

/** Images that are always there: each is this machine's own programs, read-only, by the name of a public image. */
export const builtInImages: Readonly<Record<string, EmulatedImage>> = {
  'public.ecr.aws/docker/library/debian:12-slim': { digest: digest('1') },
  'public.ecr.aws/docker/library/buildpack-deps:bookworm-scm': { digest: digest('2') },
  'public.ecr.aws/docker/library/busybox:1.37.0-musl': { digest: digest('3') },
};
