export {
  flatDockerfile,
  flatEnvironment,
  frontMatter,
  pyproject,
  seedDockerfile,
  seedRepository,
} from '../../../../test/support/environments.js';
