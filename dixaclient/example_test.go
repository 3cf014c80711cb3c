package dixaclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"dixa-mcp/dixaclient"
	"dixa-mcp/internal/offline"
)

// newClient connects to an offline Dixa. Against Dixa itself, give only the token.
func newClient() (*dixaclient.Client, func()) {
	now := func() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }
	server := httptest.NewServer(offline.New(offline.Options{Now: now}))
	client, err := dixaclient.New(dixaclient.Config{Token: dixaclient.StaticToken("any"), URL: server.URL})
	if err != nil {
		panic(err)
	}
	return client, server.Close
}

func ExampleOp_Do() {
	client, stop := newClient()
	defer stop()
	answer, err := dixaclient.GetConversation.Do(context.Background(), client,
		dixaclient.GetConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 1234}})
	if err != nil {
		panic(err)
	}
	fmt.Println(answer.Status, answer.Value.ID)
	// Output: 200 1234
}

func ExampleOp_Pages() {
	client, stop := newClient()
	defer stop()
	pages, users := 0, 0
	for answer, err := range dixaclient.ListEndUsers.Pages(context.Background(), client, dixaclient.ListEndUsersIn{Page: dixaclient.Page{PageLimit: 100}}) {
		if err != nil {
			panic(err)
		}
		pages, users = pages+1, users+len(answer.Value)
		if pages == 3 {
			break
		}
	}
	fmt.Println(pages, "pages,", users, "end users")
	// Output: 3 pages, 300 end users
}

func ExampleError() {
	client, stop := newClient()
	defer stop()
	_, err := dixaclient.CloseConversation.Do(context.Background(), client,
		dixaclient.CloseConversationIn{ConversationRef: dixaclient.ConversationRef{ConversationID: 999999}})
	var failed *dixaclient.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Status, failed.Effect, dixaclient.IsNotFound(err))
	}
	// Output: 404 not_done true
}

func ExampleClient_With() {
	client, stop := newClient()
	defer stop()
	noted := client.With(func(ctx context.Context, call *dixaclient.Call, next func(context.Context) error) error {
		err := next(ctx)
		fmt.Println(call.Op.Name, call.Status)
		return err
	})
	_, _ = dixaclient.GetOrganization.Do(context.Background(), noted, dixaclient.NoArguments{})
	// Output: get_organization 200
}
