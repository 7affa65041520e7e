/**
 * Host keys of the big git servers, as they publish them: what a clone by ssh trusts when the person has stored no others.
 *
 * @see docs.github.com "GitHub's SSH key fingerprints", docs.gitlab.com "SSH known_hosts entries", bitbucket.org/site/ssh
 */
export const knownHosts: string = [
  'github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
  'gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf',
  'bitbucket.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO',
  '',
].join('\n');
