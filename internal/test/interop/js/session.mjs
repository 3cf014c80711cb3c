// What a client of either SDK does with dixa-mcp. The test says in the first argument what to connect to, and reads the
// result from standard output.

export const plan = JSON.parse(process.argv[2]);

// settings are what a transport over HTTP needs beside the address.
export const settings = { requestInit: { headers: { Authorization: `Bearer ${plan.key}` } } };

// answers is how the person at this client answers, in turn.
export const answers = ['accept', 'decline'];
export const asked = [];

export function elicit(params) {
  asked.push(params.message);
  const action = answers[asked.length - 1] ?? 'cancel';
  return action === 'accept' ? { action, content: {} } : { action };
}

// run carries out the session. call(params, options) and list(cursor) are what differs between the SDKs.
export async function run({ version, list, call, close }) {
  const out = { version: version(), tools: [], asked };
  let cursor;
  do {
    const page = await list(cursor);
    out.tools.push(...page.tools.map((t) => t.name));
    cursor = page.nextCursor;
  } while (cursor);

  out.read = said(await call(tool('get_conversation', { conversationId: plan.conversation })));

  // The answer to this one never comes: it is cancelled when it first tells how far it is.
  const stop = new AbortController();
  out.progress = [];
  const onprogress = (p) => {
    out.progress.push(p);
    stop.abort('no longer wanted');
  };
  out.cancelled = await call(tool('get_conversation', { conversationId: plan.slow }), { signal: stop.signal, onprogress }).then(
    () => 'answered',
    (e) => `${e}`,
  );

  for (const note of plan.notes) {
    out[note.as] = await call(tool('add_note', { conversationId: plan.conversation, message: note.text })).then(said, (e) => ({ error: `${e}` }));
  }
  out.notes = said(await call(tool('list_notes', { conversationId: plan.conversation })));
  await close();
  process.stdout.write(JSON.stringify(out) + '\n');
}

function tool(name, args) {
  return { name, arguments: args };
}

function said(result) {
  return { text: result.content.map((c) => c.text).join('\n'), failed: result.isError === true };
}
