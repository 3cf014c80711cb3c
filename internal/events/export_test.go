package events

// NewInboxPolling makes an inbox that looks that often for what other processes stored.
var NewInboxPolling = newInbox

// HeedEvery is [Heed] with another time after which it reads again.
var HeedEvery = heedEvery
