// A person's client with the TypeScript SDK before 2.0.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { plan, run } from './person.mjs';

const transport = (person) => new StreamableHTTPClientTransport(new URL(plan.url), { authProvider: person });
await run(
  async (person) => {
    const client = new Client({ name: 'interop', version: '1' });
    await client.connect(transport(person));
    return client;
  },
  (person, back) => transport(person).finishAuth(back.searchParams.get('code')),
);
