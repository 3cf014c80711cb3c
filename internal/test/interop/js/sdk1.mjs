// The TypeScript SDK before 2.0: clients of protocols up to 2025-11-25.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { elicit, plan, run, settings } from './session.mjs';

const transport = {
  stdio: () => new StdioClientTransport({ command: plan.command[0], args: plan.command.slice(1), env: plan.env }),
  http: () => new StreamableHTTPClientTransport(new URL(plan.url), settings),
  sse: () => new SSEClientTransport(new URL(plan.url), settings),
}[plan.transport]();

const client = new Client({ name: 'interop', version: '1' }, { capabilities: plan.mute ? {} : { elicitation: {} } });
if (!plan.mute) client.setRequestHandler(ElicitRequestSchema, (r) => elicit(r.params));
let version;
const note = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (v) => {
  version = v;
  note?.(v);
};
await client.connect(transport);
await run({
  version: () => version,
  list: (cursor) => client.listTools({ cursor }),
  call: (params, options) => client.callTool(params, undefined, options),
  close: async () => {
    await transport.terminateSession?.();
    await client.close();
  },
});
