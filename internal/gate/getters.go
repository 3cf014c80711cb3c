package gate

import (
	"context"

	"dixa-mcp/dixaclient"
)

// getter is an operation that tells whether an id exists.
type getter struct {
	op   *dixaclient.Spec
	read func(context.Context, *dixaclient.Client, string) error
}

// getters are the operations that tell whether an id exists, where no list is needed or there is none.
var getters = map[dixaclient.Thing]getter{
	dixaclient.AgentThing: get(dixaclient.GetAgent, func(id string) dixaclient.AgentRef {
		return dixaclient.AgentRef{AgentID: dixaclient.UUID(id)}
	}),
	dixaclient.EndUserThing: get(dixaclient.GetEndUser, func(id string) dixaclient.EndUserRef {
		return dixaclient.EndUserRef{UserID: dixaclient.UUID(id)}
	}),
	dixaclient.ConversationThing: get(dixaclient.GetConversation, func(id string) dixaclient.GetConversationIn {
		return dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: number(id)}}
	}),
	dixaclient.ArticleThing: get(dixaclient.GetArticle, func(id string) dixaclient.GetArticleIn {
		return dixaclient.GetArticleIn{ArticleRef: dixaclient.ArticleRef{ArticleID: dixaclient.UUID(id)}}
	}),
	dixaclient.CategoryThing: get(dixaclient.GetCategory, func(id string) dixaclient.GetCategoryIn {
		return dixaclient.GetCategoryIn{CategoryRef: dixaclient.CategoryRef{CategoryID: dixaclient.UUID(id)}}
	}),
}

func get[In, Out any](op dixaclient.Op[In, Out], in func(string) In) getter {
	return getter{op.Spec, func(ctx context.Context, c *dixaclient.Client, id string) error {
		_, err := op.Do(ctx, c, in(id))
		return err
	}}
}
