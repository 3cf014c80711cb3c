package events

// NewInboxPolling makes an inbox that looks that often for what other processes stored.
var NewInboxPolling = newInbox
