package replicas

import "context"

// Slot is a text that all replicas share. It is kept until another one is set.
type Slot struct {
	link *link
	name string
}

// Webhooks returns the slot for what proves the deliveries of webhooks.
func (g *Group) Webhooks() Slot { return Slot{g.link, "webhooks"} }

// Get returns the text, "" for none.
func (s Slot) Get() (text string, err error) {
	err = s.link.ask(context.Background(), func(ctx context.Context) error {
		text, err = s.link.get(ctx, s.name)
		return err
	})
	return text, err
}

// Set sets the text.
func (s Slot) Set(text string) error { return s.set("SET", text) }

// Restore sets the text if there is none.
func (s Slot) Restore(text string) error { return s.set("SETNX", text) }

func (s Slot) set(how, text string) error {
	return s.link.ask(context.Background(), func(ctx context.Context) error {
		_, err := s.link.client.do(ctx, how, s.link.key(s.name), text)
		return err
	})
}
