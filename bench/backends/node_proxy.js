// The peer: http-proxy on Node, arguments PORT LOG DYNO_PORT ADDRESS...
const fs = require('fs'), http = require('http'), crypto = require('crypto');
const proxyLib = require('http-proxy');
const [port, log, dynoPort, ...addresses] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });
const proxy = proxyLib.createProxyServer({ agent, xfwd: true });
let lines = [], turn = 0;
setInterval(() => { if (lines.length) { fs.appendFile(log, lines.join(''), () => {}); lines = []; } }, 200);
proxy.on('error', (_error, _request, response) => { if (response.writeHead) response.writeHead(503); response.end(); });
http.createServer((request, response) => {
  const began = Date.now();
  request.headers['x-request-id'] = crypto.randomUUID();
  request.headers['x-request-start'] = String(began);
  request.headers['via'] = '1.1 bench';
  response.on('finish', () => lines.push(`at=info method=${request.method} path="${request.url}" ` +
    `host=${request.headers.host} service=${Date.now() - began}ms status=${response.statusCode}\n`));
  proxy.web(request, response, { target: `http://${addresses[turn++ % addresses.length]}:${dynoPort}` });
}).listen(Number(port), '127.0.0.1');
