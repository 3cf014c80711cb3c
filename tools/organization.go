package tools

import d "dixa-mcp/dixaclient"

var tags = group("tags",
	tool(d.ListTags, "listed tags", "Tags of the organization."),
	tool(d.GetTag, "read tag {tagId}", "One tag."),
	tool(d.ListConversationTags, "read the tags of conversation {conversationId}", "Tags on a conversation."),
	tool(d.TagConversation, "tagged conversation {conversationId} with {tagId}", "Put an active tag on a conversation.", comparing(sameTag)),
	tool(d.UntagConversation, "removed tag {tagId} from conversation {conversationId}", "Remove a tag from a conversation.", comparing(sameUntag)),
	tool(d.TagConversationByName, "tagged conversation {conversationId} by name; tags that did not exist are created", "Put tags on a conversation by name, a moment later; missing tags are created."),
	tool(d.CreateTag, "created a tag", "Create a tag."),
	tool(d.ActivateTag, "activated tag {tagId}", "Make a tag usable again."),
	tool(d.DeactivateTag, "deactivated tag {tagId}", "Stop a tag from being put on conversations."),
	tool(d.DeleteTag, "deleted tag {tagId}", "Delete a tag permanently, also from all conversations."),
)

var endUsers = group("end_users",
	tool(d.ListEndUsers, "listed end users", "End users (customers); filter by one of email, phone, externalId."),
	tool(d.GetEndUser, "read end user {userId}", "One end user with custom attributes."),
	tool(d.ListEndUserConversations, "listed the conversations of end user {userId}", "Conversations that an end user requested."),
	tool(d.CreateEndUser, "created an end user", "Create an end user."),
	tool(d.UpdateEndUser, "updated end user {userId}", "Change the given fields of an end user."),
	tool(d.ReplaceEndUser, "replaced end user {userId}", "Replace all fields of an end user; what is left out is emptied."),
	tool(d.CreateEndUsers, "created end users", "Create up to 100 end users; each may fail by itself.", bulk),
	tool(d.UpdateEndUsers, "updated end users", "Change up to 100 end users; each may fail by itself.", bulk),
	tool(d.ReplaceEndUsers, "replaced end users", "Replace up to 100 end users; each may fail by itself.", bulk),
	tool(d.AnonymizeEndUser, "anonymized end user {userId}", "Erase an end user's personal data permanently. Follow it with get_anonymization."),
)

var agents = group("agents",
	tool(d.ListAgents, "listed Dixa agents", "Dixa agents (colleagues); filter by email or phone, not both."),
	tool(d.GetAgent, "read Dixa agent {agentId}", "One Dixa agent."),
	tool(d.GetAgentPresence, "read the presence of Dixa agent {agentId}", "Whether a Dixa agent is online and working."),
	tool(d.ListPresence, "read the presence of all Dixa agents", "Who is online and working, on which channels."),
	tool(d.ListAgentTeams, "listed the teams of Dixa agent {agentId}", "Teams of a Dixa agent."),
	tool(d.CreateAgent, "created a Dixa agent", "Create a Dixa agent account."),
	tool(d.UpdateAgent, "updated Dixa agent {agentId}", "Change the given fields of a Dixa agent."),
	tool(d.ReplaceAgent, "replaced Dixa agent {agentId}", "Replace all fields of a Dixa agent; what is left out is emptied."),
	tool(d.CreateAgents, "created Dixa agents", "Create up to 100 Dixa agents; each may fail by itself.", bulk),
	tool(d.UpdateAgents, "updated Dixa agents", "Change up to 100 Dixa agents; each may fail by itself.", bulk),
	tool(d.ReplaceAgents, "replaced Dixa agents", "Replace up to 100 Dixa agents; each may fail by itself.", bulk),
	tool(d.SetWorkingChannel, "set a working channel of Dixa agent {agentId}", "Switch a channel of a Dixa agent on or off."),
	tool(d.DeleteAgent, "removed Dixa agent {agentId}", "Downgrade a Dixa agent to an end user."),
)

var teams = group("teams",
	tool(d.ListTeams, "listed teams", "Teams of the organization."),
	tool(d.GetTeam, "read team {teamId}", "One team."),
	tool(d.ListTeamMembers, "listed the members of team {teamId}", "Dixa agents in a team."),
	tool(d.ListTeamPresence, "read the presence of team {teamId}", "Who in a team is online and working."),
	tool(d.CreateTeam, "created a team", "Create a team."),
	tool(d.AddTeamMembers, "added members to team {teamId}", "Add Dixa agents to a team."),
	tool(d.RemoveTeamMembers, "removed members from team {teamId}", "Remove Dixa agents from a team."),
	tool(d.DeleteTeam, "deleted team {teamId}", "Delete a team."),
)

var queues = group("queues",
	tool(d.ListQueues, "listed queues", "Queues with their settings."),
	tool(d.GetQueue, "read queue {queueId}", "One queue."),
	tool(d.ListQueueMembers, "listed the members of queue {queueId}", "Dixa agents in a queue."),
	tool(d.GetQueueAvailability, "read the availability of queue {queueId}", "Whether a queue takes chats and API conversations now."),
	tool(d.GetQueuePosition, "read the queue position of conversation {conversationId}", "Place of a conversation in its queue."),
	tool(d.CreateQueue, "created a queue", "Create a queue."),
	tool(d.AddQueueMembers, "added members to queue {queueId}", "Add up to 10 Dixa agents to a queue; each may fail by itself.", bulk),
	tool(d.RemoveQueueMembers, "removed members from queue {queueId}", "Remove up to 10 Dixa agents from a queue."),
)

var customAttributes = group("custom_attributes",
	tool(d.ListCustomAttributes, "listed custom attributes", "Custom attributes with their options."),
	tool(d.GetCustomAttribute, "read custom attribute {customAttributeId}", "One custom attribute with its options."),
	tool(d.SetConversationAttributes, "set custom attributes of conversation {conversationId}", "Set custom attributes of a conversation; others stay.", comparing(sameAttributes)),
	tool(d.SetEndUserAttributes, "set custom attributes of end user {userId}", "Set custom attributes of an end user; others stay."),
)

var organization = group("organization",
	tool(d.GetOrganization, "read the organization", "Name and status of the Dixa organization."),
)

var contactEndpoints = group("contact_endpoints",
	tool(d.ListContactEndpoints, "listed contact endpoints", "The organization's own e-mail addresses and phone numbers; create_conversation needs one."),
	tool(d.GetContactEndpoint, "read contact endpoint {contactEndpointId}", "One contact endpoint."),
)

var templates = group("templates",
	tool(d.ListTemplates, "listed templates", "Quick responses and automatic e-mail answers."),
	tool(d.DeleteTemplate, "deleted template {templateId}", "Delete a template permanently; flows that use it break."),
)

var businessHours = group("business_hours",
	tool(d.ListSchedules, "listed business hours", "Business-hours schedules."),
	tool(d.GetSchedule, "read schedule {scheduleId}", "Weekly hours and exceptions of a schedule."),
	tool(d.ListUpcomingHours, "read the coming hours of schedule {scheduleId}", "Hours of a schedule for the next days."),
	tool(d.GetScheduleStatus, "read the status of schedule {scheduleId}", "Whether a schedule is open now or at a time, and when that changes."),
)
