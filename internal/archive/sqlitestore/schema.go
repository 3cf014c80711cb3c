package sqlitestore

// layout is the number of the tables of schema: see [sqlitefile.File].
const layout = 2

// schema makes the tables. Texts are apart from what figures are made of, so that figures read few pages.
//
// A message is known by key: its time in milliseconds, then 10 bits that tell messages of the same time apart. So the newest are found
// first without sorting. word is the index of texts; with secure-delete it removes words from its pages, and not only marks them.
const schema = `
CREATE TABLE IF NOT EXISTS conversation (id INTEGER PRIMARY KEY, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
	queued_at INTEGER NOT NULL, assigned_at INTEGER NOT NULL, closed_at INTEGER NOT NULL, last_message_at INTEGER NOT NULL,
	anonymized_at INTEGER NOT NULL, handling INTEGER NOT NULL, channel TEXT NOT NULL, direction TEXT NOT NULL, status TEXT NOT NULL,
	queue_id TEXT NOT NULL, queue_name TEXT NOT NULL, assignee_id TEXT NOT NULL, assignee_name TEXT NOT NULL, requester_id TEXT NOT NULL,
	read_to INTEGER NOT NULL, checked_at INTEGER NOT NULL, erased INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS conversation_updated ON conversation (updated_at);
CREATE INDEX IF NOT EXISTS conversation_created ON conversation (created_at);
CREATE INDEX IF NOT EXISTS conversation_closed ON conversation (closed_at);
CREATE INDEX IF NOT EXISTS conversation_requester ON conversation (requester_id);
CREATE INDEX IF NOT EXISTS conversation_checked ON conversation (checked_at) WHERE erased = 0;
CREATE INDEX IF NOT EXISTS conversation_unread ON conversation (id) WHERE last_message_at > read_to;
CREATE TABLE IF NOT EXISTS conversation_rest (id INTEGER PRIMARY KEY, rest TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tag (name TEXT NOT NULL COLLATE NOCASE, conversation INTEGER NOT NULL, PRIMARY KEY (name, conversation)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tag_conversation ON tag (conversation);
CREATE TABLE IF NOT EXISTS message (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, conversation INTEGER NOT NULL, created_at INTEGER NOT NULL,
	direction TEXT NOT NULL, automated INTEGER NOT NULL, duration INTEGER NOT NULL, erased INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS message_conversation ON message (conversation, created_at);
CREATE INDEX IF NOT EXISTS message_answer ON message (conversation, created_at) WHERE direction = 'outbound' AND automated = 0;
CREATE TABLE IF NOT EXISTS message_text (key INTEGER PRIMARY KEY, body TEXT NOT NULL, rest TEXT NOT NULL) STRICT;
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5 (body, content = 'message_text', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO word (word, rank) VALUES ('secure-delete', 1);
CREATE TABLE IF NOT EXISTS erased (kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS span (what TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (what, first)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS origin (id INTEGER PRIMARY KEY CHECK (id = 1), api TEXT NOT NULL, organization TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY CHECK (id = 1), who TEXT NOT NULL) STRICT;`

// The kinds of what was erased.
const (
	erasedConversation = "conversation"
	erasedMessage      = "message"
	erasedCustomer     = "customer"
)
