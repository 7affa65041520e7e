// In place of the native part of aws-lambda-ric, which wants a compiler: what it sends, sent by Node's own client. Loaded
// before the runtime client, whose other half (AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1) is JavaScript already.
const { request } = require('node:http');
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

const post = (path, body) => {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  request({ host, port, path: `/2018-06-01/runtime/invocation/${path}`, method: 'POST' }).end(body);
};
module.exports = {
  done: (id, body) => post(`${id}/response`, body),
  error: (id, body) => post(`${id}/error`, body),
};

registerHooks({
  resolve: (name, context, next) =>
    name === './rapid-client.node'
      ? { url: pathToFileURL(__filename).href, format: 'commonjs', shortCircuit: true }
      : next(name, context),
});
