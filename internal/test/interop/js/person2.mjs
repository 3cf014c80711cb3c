// A person's client with the TypeScript SDK 2.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { plan, run } from './person.mjs';

const transport = (person) => new StreamableHTTPClientTransport(new URL(plan.url), { authProvider: person });
await run(
  async (person) => {
    const client = new Client({ name: 'interop', version: '1' });
    await client.connect(transport(person));
    return client;
  },
  (person, back) => transport(person).finishAuth(back.searchParams),
);
