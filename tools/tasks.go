package tools

// The tools that are made of several operations.
var tasks = group(tasksGroup,
	readConversation,
	findCustomer,
	findConversations,
	overview,
	report,
	findArticle,
	searchMessages,
	queryArchive,
	listEvents,
	waitFor,
	updateConversation,
	bulkUpdate,
	undo,
	manageMembers,
	eraseCustomer,
	draftReply,
	reply,
)
