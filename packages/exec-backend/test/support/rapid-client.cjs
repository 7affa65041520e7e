// In place of the native part of aws-lambda-ric, which wants a compiler: what it sends, sent by Node's own client. Loaded
// before the runtime client, whose other half (AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1) is JavaScript already.
const { request } = require('node:http');
const Module = require('node:module');

const post = (path, body) => {
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  request({ host, port, path: `/2018-06-01/runtime/invocation/${path}`, method: 'POST' }).end(body);
};
const client = {
  done: (id, body) => post(`${id}/response`, body),
  error: (id, body) => post(`${id}/error`, body),
};

const load = Module._load;
Module._load = (name, ...rest) => (name === './rapid-client.node' ? client : load(name, ...rest));
