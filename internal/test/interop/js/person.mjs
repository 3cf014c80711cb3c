// What a client that a person uses does: it signs the person in, calls, and goes on with a token that is refreshed. It writes
// where the person's browser must go, and reads where it came back.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export const plan = JSON.parse(process.argv[2]);
export const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
export const hear = async () => (await lines.next()).value;

// Person is an OAuth client that keeps everything in memory.
export class Person {
  redirectUrl = plan.redirect;
  clientMetadata = { client_name: 'Interop', redirect_uris: [plan.redirect], grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' };
  clientInformation = () => this.client;
  saveClientInformation = (client) => { this.client = client; };
  tokens = () => this.saved;
  saveTokens = (tokens) => { this.saved = tokens; };
  redirectToAuthorization = (url) => { this.url = url.href; };
  saveCodeVerifier = (verifier) => { this.verifier = verifier; };
  codeVerifier = () => this.verifier;
  discoveryState = () => this.discovery;
  saveDiscoveryState = (state) => { this.discovery = state; };
}

// run signs in, and lists tools twice: the second time with an access token that is not valid, so that it is refreshed.
export async function run(open, finish) {
  const person = new Person();
  await open(person).then(
    () => { throw new Error('connected without signing in'); },
    (e) => { if (!person.url) throw e; },
  );
  tell({ authorize: person.url });
  const back = new URL(await hear());
  await finish(person, back);
  let client = await open(person);
  tell({ tools: (await client.listTools()).tools.length });
  await client.close();
  for (;;) {
    if ((await hear()) !== 'again') break;
    person.saved = { ...person.saved, access_token: `${person.saved.access_token.slice(0, -1)}!` };
    person.url = undefined;
    try {
      client = await open(person);
      tell({ tools: (await client.listTools()).tools.length });
      await client.close();
    } catch (e) {
      tell({ failed: `${e}`, authorize: person.url });
    }
  }
  process.exit(0);
}
