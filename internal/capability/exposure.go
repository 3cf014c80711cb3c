package capability

import (
	"slices"
	"strings"

	"dixa-mcp/tools"
)

// Exposure is something that an attacker can have an agent do if the agent's model obeys what the attacker wrote.
type Exposure struct {
	Text  string   // completes "can": "close open conversations"
	Tools []string // operations that do it, and the agent may carry out without a person's approval
	Lines []int    // of the file that grant them, in order
}

// exposures lists what an attacker can want, and what it takes: an operation, or an operation with an argument that the agent
// may give. testdata/hijack.yaml has the same goals, and a test plays them.
var exposures = []struct {
	text  string
	takes []string
}{
	{"send a customer's data to another address", []string{"send_message.cc", "send_message.bcc", "send_message.attachments", "create_conversation"}},
	{"send every event to another host", []string{"create_webhook", "update_webhook.url"}},
	{"reply with another customer's data", []string{"send_message"}},
	{"send the customer a link or a promise", []string{"send_message"}},
	{"change a customer's e-mail address or phone number", []string{
		"update_end_user.email", "update_end_user.additionalEmails", "update_end_user.phoneNumber", "update_end_user.additionalPhoneNumbers",
		"replace_end_user", "update_end_users", "replace_end_users"}},
	{"publish a link in the knowledge base", []string{
		"publish_article", "publish_article_translation", "unpublish_article", "unpublish_article_translation"}},
	{"erase a customer or a conversation", []string{"anonymize_message", "anonymize_conversation", "anonymize_entity", "anonymize_end_user"}},
	{"delete what the team works with", []string{"delete_article_translation", "delete_article", "delete_template", "delete_tag", "delete_team", "delete_agent"}},
	{"export the organization's conversations", []string{"export_conversations", "export_messages"}},
	{"copy conversations from the archive", []string{"search_messages", "query_archive"}},
	{"close conversations or postpone them", []string{"close_conversation", "set_followup"}},
	{"move conversations to other queues or people", []string{"transfer_conversation", "claim_conversation"}},
	{"tag a conversation as VIP and set attributes", []string{
		"tag_conversation", "tag_conversation_by_name", "untag_conversation", "set_end_user_attributes", "set_conversation_attributes"}},
	{"change who works in the organization", []string{
		"create_agent", "create_agents", "update_agent", "update_agents", "replace_agent", "replace_agents", "add_team_members",
		"remove_team_members", "add_queue_members", "remove_queue_members", "set_working_channel"}},
	{"act in the name of any colleague", []string{
		"add_note.agentId", "add_notes.agentId", "send_message.agentId", "create_conversation.agentId", "close_conversation.agentId", "reopen_conversation.agentId",
		"transfer_conversation.agentId", "claim_conversation.agentId", "set_followup.agentId"}},
	{"leave a note that colleagues and other agents trust", []string{"add_note", "add_notes", "record_message"}},
}

// Exposures lists what an attacker can have the agent do, by the grants and arguments of the file. What a person has to
// approve is not in it.
func (a *Agent) Exposures() (all []Exposure) {
	for _, x := range exposures {
		e := Exposure{Text: x.text}
		for _, takes := range x.takes {
			name, argument, _ := strings.Cut(takes, ".")
			if line, ok := a.exposed(name, argument); ok && !slices.Contains(e.Tools, name) {
				e.Tools = append(e.Tools, name)
				e.Lines = append(e.Lines, line)
			}
		}
		slices.Sort(e.Lines)
		if e.Lines = slices.Compact(e.Lines); len(e.Tools) > 0 {
			all = append(all, e)
		}
	}
	return all
}

// exposed reports whether the agent may carry out an operation alone and give the argument, if one is named.
func (a *Agent) exposed(name, argument string) (line int, ok bool) {
	t, _ := tools.ByName(name)
	if t.Task() { // it has no argument that matters
		d := a.Tool(t)
		return d.Line, d.Allowed
	}
	d := a.Operation(name)
	if whose, _, _ := a.Confirm(t.Operations[0]); !d.Allowed || whose != ConfirmNobody {
		return 0, false
	}
	return d.Line, argument == "" || a.Shape(t).has(argument)
}
