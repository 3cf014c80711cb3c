package signin

// MostOfOwner is how many texts of one owner a shelf keeps: sessions, codes or approvals of one person. The oldest make room.
const MostOfOwner = 50

// The kinds of what is stored. A key is a kind, a colon and a name.
const (
	kindSession = "session" // a person's sign-in with one client
	kindCode    = "code"    // an authorization code, by its hash
	kindPending = "pending" // a person who signed in and has not yet answered the consent page
	kindConsent = "consent" // a remembered consent
)

// prefixOf returns how the keys of a kind begin.
func prefixOf(kind string) string { return kind + ":" }
