const http = require('http'), fs = require('fs'), path = require('path'), crypto = require('crypto');
const { createClient } = require('redis');
const redis = createClient({ url: process.env.REDIS_URL });
const dir = path.join(__dirname, 'snips');
fs.mkdirSync(dir, { recursive: true });
const put = async (id, text) => fs.promises.writeFile(path.join(dir, id), text);
const get = async id => fs.promises.readFile(path.join(dir, id), 'utf8').catch(() => null);
const esc = s => s.replace(/[&<>]/g, c => `&#${c.charCodeAt(0)};`);
const page = body => `<!doctype html><title>snip</title><h1><a href="/">snip</a></h1>${body}`;
const server = http.createServer(async (req, res) => {
  const html = (status, body) => res.writeHead(status, { 'Content-Type': 'text/html' }).end(page(body));
  if (req.method === 'GET' && req.url === '/')
    return html(200, '<form method="post" action="/s"><textarea name="body" rows="9"></textarea><select name="lang"><option>text</option><option>c</option></select><button>Save</button></form>');
  if (req.method === 'POST' && req.url === '/s') {
    let raw = '';
    for await (const chunk of req) raw += chunk;
    const text = new URLSearchParams(raw).get('body');
    if (!text) return html(400, 'empty');
    const id = crypto.randomBytes(5).toString('hex');
    await put(id, text);
    return res.writeHead(302, { Location: '/s/' + id }).end();
  }
  const m = req.url.match(/^\/s\/([0-9a-f]{10})(\/raw)?$/);
  const text = m && await get(m[1]);
  if (!text) return html(404, 'no such snip');
  if (m[2]) return res.writeHead(200, { 'Content-Type': 'text/plain' }).end(text);
  html(200, `<pre>${esc(text)}</pre><a href="/s/${m[1]}/raw">raw</a>`);
});
redis.connect().then(() => server.listen(process.env.PORT));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
