package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dixa-mcp/dixaclient"
)

// Erased returns what a request to Dixa anonymizes; ok is false for any other request.
func Erased(in any) (e Erasure, ok bool) {
	switch in := in.(type) {
	case *dixaclient.AnonymizeConversationIn:
		e.Conversation = in.ConversationID
	case *dixaclient.AnonymizeMessageIn:
		e.Message = strings.ToLower(string(in.MessageID))
	case *dixaclient.AnonymizeEndUserIn:
		e.Customer = strings.ToLower(string(in.UserID))
	case *dixaclient.AnonymizeEntityIn:
		switch in.Type {
		case "Conversation":
			e.Conversation = in.OfConversation()
		case "Message":
			_, message, both := strings.Cut(string(in.EntityID), "_") // some ids name the conversation first
			if !both {
				message = string(in.EntityID)
			}
			e.Message = strings.ToLower(message)
		case "User":
			e.Customer = strings.ToLower(string(in.EntityID))
		}
	}
	return e, e != Erasure{}
}

// Erasing makes the archive lose what a request anonymizes, as soon as Dixa has accepted the request. open returns the archive, which is
// closed afterwards, or nil if there is none. An archive of another organization is left alone. failed is told of an erasure that could not be done: Dixa
// carries it out all the same, and the next sync finds it.
func Erasing(api string, open func() (Store, error), failed func(error)) dixaclient.Around {
	return func(ctx context.Context, c *dixaclient.Call, next func(context.Context) error) error {
		e, ok := Erased(c.In)
		err := next(ctx)
		if !ok || err != nil {
			return err
		}
		if err := erase(context.WithoutCancel(ctx), api, open, e); err != nil {
			failed(fmt.Errorf("%s was accepted by Dixa, and the archive still has the texts until the next sync: %w", c.Op.Name, err))
		}
		return nil
	}
}

func erase(ctx context.Context, api string, open func() (Store, error), e Erasure) (err error) {
	store, err := open()
	if err != nil || store == nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	has, err := store.Origin(ctx, Origin{})
	if err != nil || has.API != api {
		return err
	}
	_, err = store.Erase(ctx, e, time.Now())
	return err
}
