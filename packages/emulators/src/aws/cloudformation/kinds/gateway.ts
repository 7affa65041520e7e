import { freeze, type ApiStage, type RestApis } from '../../gateway/apis.js';
import type { Kind, Order, Properties } from '../kind.js';
import { textOf } from '../../text.js';

/** REST APIs. */
export function gatewayKinds(apis: RestApis): Readonly<Record<string, Kind>> {
  const apiOf = (properties: Properties): ReturnType<RestApis['find']> => apis.find(textOf(properties['RestApiId']));
  const setStage = (order: Order, stage: ApiStage): void => {
    const { properties } = order;
    const deploymentId = textOf(properties['DeploymentId']);
    if (!apiOf(properties).deployments.has(deploymentId)) throw new Error('Deployment id does not exist');
    const all = ((properties['MethodSettings'] as readonly Properties[] | undefined) ?? []).find(
      (one) => one['ResourcePath'] === '/*' && one['HttpMethod'] === '*',
    );
    stage.deploymentId = deploymentId;
    stage.rateLimit = all?.['ThrottlingRateLimit'] === undefined ? undefined : Number(all['ThrottlingRateLimit']);
    stage.burstLimit = all?.['ThrottlingBurstLimit'] === undefined ? undefined : Number(all['ThrottlingBurstLimit']);
  };
  return {
    'AWS::ApiGateway::RestApi': {
      replaces: [],
      create: (order) => {
        const api = apis.create(textOf(order.properties['Name'] ?? order.name()));
        return { id: api.id, attributes: { RestApiId: api.id, RootResourceId: api.rootId } };
      },
      update: (order, made) => {
        apis.find(made.id).name = textOf(order.properties['Name']);
        return made;
      },
      remove: ({ id }) => apis.remove(id),
    },
    'AWS::ApiGateway::Resource': {
      replaces: [],
      create: ({ properties }) => {
        const api = apiOf(properties);
        const parentId = textOf(properties['ParentId']);
        if (!api.resources.has(parentId)) throw new Error('Invalid Resource identifier specified');
        const pathPart = textOf(properties['PathPart']);
        const siblings = [...api.resources.values()].filter((one) => one.parentId === parentId);
        if (siblings.some((one) => one.pathPart === pathPart)) {
          throw new Error('Another resource with the same parent already has this name: ' + pathPart);
        }
        const id = apis.id(6);
        api.resources.set(id, { id, parentId, pathPart, methods: new Map() });
        return { id, attributes: { ResourceId: id } };
      },
      remove: ({ id }, properties) => {
        apis.all.get(textOf(properties['RestApiId']))?.resources.delete(id);
      },
    },
    'AWS::ApiGateway::Method': {
      replaces: [],
      create: (order) => {
        const { properties } = order;
        const resource = apiOf(properties).resources.get(textOf(properties['ResourceId']));
        if (!resource) throw new Error('Invalid Resource identifier specified');
        const httpMethod = textOf(properties['HttpMethod']);
        if (resource.methods.has(httpMethod)) throw new Error('Method already exists for this resource');
        const integration = properties['Integration'] as Properties | undefined;
        if (integration?.['Type'] !== 'AWS_PROXY')
          throw new Error('The emulator knows integrations of type AWS_PROXY only.');
        const uri = /:lambda:path\/2015-03-31\/functions\/(arn:[^/]+)\/invocations$/u.exec(textOf(integration['Uri']));
        if (!uri) throw new Error(`Invalid lambda function: ${textOf(integration['Uri'])}`);
        resource.methods.set(httpMethod, {
          httpMethod,
          authorization: textOf(properties['AuthorizationType'] ?? 'NONE'),
          functionArn: uri[1]!,
        });
        return { id: order.name(), attributes: {} };
      },
      remove: (_made, properties) => {
        const api = apis.all.get(textOf(properties['RestApiId']));
        api?.resources.get(textOf(properties['ResourceId']))?.methods.delete(textOf(properties['HttpMethod']));
      },
    },
    'AWS::ApiGateway::Deployment': {
      replaces: [],
      create: ({ properties }) => {
        const api = apiOf(properties);
        const id = apis.id(6);
        api.deployments.set(id, freeze(api));
        return { id, attributes: { DeploymentId: id } };
      },
      remove: ({ id }, properties) => {
        const api = apis.all.get(textOf(properties['RestApiId']));
        if ([...(api?.stages.values() ?? [])].some(({ deploymentId }) => deploymentId === id)) {
          throw new Error('Active stages pointing to this deployment must be moved or deleted');
        }
        api?.deployments.delete(id);
      },
    },
    'AWS::ApiGateway::Stage': {
      replaces: ['RestApiId', 'StageName'],
      create: (order) => {
        const name = textOf(order.properties['StageName']);
        const api = apiOf(order.properties);
        if (api.stages.has(name)) throw new Error('Stage already exists');
        const stage: ApiStage = { name, deploymentId: '', rateLimit: undefined, burstLimit: undefined };
        setStage(order, stage);
        api.stages.set(name, stage);
        return { id: name, attributes: {} };
      },
      update: (order, made) => {
        setStage(order, apiOf(order.properties).stages.get(made.id)!);
        return made;
      },
      remove: ({ id }, properties) => {
        apis.all.get(textOf(properties['RestApiId']))?.stages.delete(id);
      },
    },
  };
}
