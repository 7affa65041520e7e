import { describe, expect, test } from '@jest/globals';
import { readCopyEnds } from '../../src/session/copy-ends.js';

describe('the ends of a copy', () => {
  test.each([
    ['i-0123:/tmp/a', 'i-0123', '/tmp/a'],
    ['web-1:a', 'web-1', 'a'],
    ['web-1:', 'web-1', '.'],
    ['tag:Name=web:/tmp/a', 'tag:Name=web', '/tmp/a'],
    ['tag:aws:autoscaling:groupName=web:/tmp/a:b', 'tag:aws:autoscaling:groupName=web', '/tmp/a:b'],
    ['ecs:cluster/task/app:/tmp/a', 'ecs:cluster/task/app', '/tmp/a'],
    ['i-0123:C:\\a', 'i-0123', 'C:\\a'],
  ])('%s is on a node', (text, target, path) => {
    expect(readCopyEnds(text, 'here')).toEqual({ way: 'down', target, from: path, to: 'here' });
    expect(readCopyEnds('here', text)).toEqual({ way: 'up', target, from: 'here', to: path });
  });
});
