// A company's OpenID provider with the account of Anna. The test says in the first argument who may use it, and whether it
// shows a page to log in at or takes everybody for Anna; it reads the address from standard output. POST /remove removes the account.
// Of standard input, the line "hang" leaves all requests from then on without an answer, "stop" ends listening, and "back" ends both.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const { client, secret, redirect, page } = JSON.parse(process.argv[2]);
let removed = false;
let hanging = false;
let port = 0;

const login = `<!doctype html><title>Log in</title><h1>Log in</h1><form method="post"><input id="account" name="account"><button id="login">Log in</button></form>`;

const server = createServer();
server.once('listening', () => {
  port = server.address().port;
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: client, client_secret: secret, redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'] }],
    cookies: { keys: ['only for tests'] },
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async () => true,
    pkce: { required: () => true },
    findAccount: (_, id) =>
      removed ? undefined : { accountId: id, claims: async () => ({ sub: id, email: 'anna.holm@example.com', email_verified: true, name: 'Anna Holm', groups: ['support'] }) },
    loadExistingGrant: async (ctx) => {
      const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile offline_access');
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  server.on('request', async (request, response) => {
    if (hanging) return;
    if (request.url.startsWith('/interaction/') && page && request.method === 'GET') {
      response.setHeader('Content-Type', 'text/html').end(login);
    } else if (request.url.startsWith('/interaction/')) {
      await provider.interactionFinished(request, response, { login: { accountId: 'anna' } });
    } else if (request.url === '/remove') {
      removed = true;
      response.end();
    } else {
      handle(request, response);
    }
  });
  process.stdout.write(`${issuer}\n`);
});
server.listen(0, '127.0.0.1');

const commands = {
  hang: (done) => { hanging = true; done(); },
  stop: (done) => { server.close(done); server.closeAllConnections(); },
  back: (done) => { hanging = false; server.listen(port, '127.0.0.1', done); },
};
createInterface({ input: process.stdin })
  .on('line', (line) => commands[line](() => process.stdout.write(`${line}\n`)))
  .on('close', () => process.exit(0));
