import { ContextsError } from '../errors.js';

/** @throws ContextsError `HAWSER_AWS_BAD_INPUT` for what cannot be the name (or Outposts id) of an EKS cluster. */
export function checkClusterName(cluster: string): void {
  if (/^[0-9A-Za-z][\w-]{0,99}$/.test(cluster)) return;
  throw new ContextsError('HAWSER_AWS_BAD_INPUT', `'${cluster}' cannot be the name of an EKS cluster`);
}

/** @throws ContextsError `HAWSER_AWS_BAD_INPUT` for what cannot be a region; it becomes part of a host's name. */
export function checkRegion(region: string): void {
  if (/^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/.test(region)) return;
  throw new ContextsError('HAWSER_AWS_BAD_INPUT', `'${region}' is no AWS region`);
}
