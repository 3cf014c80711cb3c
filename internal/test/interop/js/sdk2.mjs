// The TypeScript SDK from 2.0: clients of every era of the protocol.
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { elicit, plan, run, settings } from './session.mjs';

const transport = {
  stdio: () => new StdioClientTransport({ command: plan.command[0], args: plan.command.slice(1), env: plan.env }),
  http: () => new StreamableHTTPClientTransport(new URL(plan.url), settings),
  sse: () => new SSEClientTransport(new URL(plan.url), settings),
}[plan.transport]();

const mode = { legacy: 'legacy', auto: 'auto', modern: { pin: '2026-07-28' } }[plan.era];
const client = new Client(
  { name: 'interop', version: '1' },
  { capabilities: plan.mute ? {} : { elicitation: {} }, versionNegotiation: { mode } },
);
if (!plan.mute) client.setRequestHandler('elicitation/create', (r) => elicit(r.params));
await client.connect(transport);
await run({
  version: () => client.getNegotiatedProtocolVersion(),
  list: (cursor) => client.listTools(cursor ? { cursor } : undefined),
  call: (params, options) => client.callTool(params, options),
  close: async () => {
    if (client.getNegotiatedProtocolVersion() < '2026') await transport.terminateSession?.();
    await client.close();
  },
});
